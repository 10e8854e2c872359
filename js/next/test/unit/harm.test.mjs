// A cache that cannot help does no harm: the page renders, and is told nothing that is not so.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createCacheHandler, createLegacyHandler } from '@orleans-tag-cache/next'
import { holdTime, turn } from '../../../test/clock.mjs'
import { Reads } from '../../dist/esm/reads.js'
import { deserialize, serialize } from '../../dist/esm/serialize.js'
import { entry, soft, starter, text } from '../fixture.mjs'

holdTime()

const folder = mkdtempSync(join(tmpdir(), 'otc-'))
mkdirSync(join(folder, 'server'))
writeFileSync(join(folder, 'BUILD_ID'), 'one\n')
after(() => rmSync(folder, { recursive: true }))
const request = { serverDistDir: join(folder, 'server') }

const start = starter()

const page = (tags) => ({
  kind: 'APP_PAGE',
  html: '<p>',
  rscData: undefined,
  postponed: undefined,
  headers: { 'x-next-cache-tags': tags },
  status: 200,
  segmentData: undefined,
})
const getPage = { kind: 'APP_PAGE', isFallback: false }
const setPage = { cacheControl: { revalidate: 60, expire: 3_600 }, isFallback: false }

/** What comes of promises that are rejected and that nobody waits for. */
async function unhandled(t, work) {
  const heard = t.mock.fn()
  process.on('unhandledRejection', heard)
  try {
    await work()
    await turn()
  } finally {
    process.off('unhandledRejection', heard)
  }
  return heard.mock.callCount()
}

for (const [what, options, words] of [
  ['wait', { wait: 'long' }, /OTC_WAIT/],
  ['lease', { lease: 0 }, /OTC_LEASE/],
  ['maxEntryBytes', { maxEntryBytes: Number.NaN }, /OTC_MAX_ENTRY_BYTES/],
  ['a long scope', { scope: 's'.repeat(201) }, /OTC_SCOPE.*200/],
  ['a scope of two lines', { scope: 'a\nb' }, /OTC_SCOPE.*control characters/],
  ['timeout', { timeout: '500' }, /timeout must be a number/],
  ['the key', { key: 'a b' }, /OTC_KEY/],
  ['nearMaximumBytes', { near: true, nearMaximumBytes: 1 }, /nearMaximumBytes must be from 1 MiB/],
]) {
  test(`An option that cannot be, ${what}, is told by its name, and fails no page`, async () => {
    const warnings = []
    const all = { url: 'http://127.0.0.1:9', onWarning: (message) => warnings.push(message), ...options }
    const handler = createCacheHandler(all)
    assert.equal(await handler.get('k', soft), undefined)
    await handler.set('k', Promise.resolve(entry('v')))
    const legacy = new (createLegacyHandler(all))(request)
    assert.equal(await legacy.get('k', getPage), null)
    await legacy.set('k', page('a'), setPage)
    assert.match(warnings[0], words)
  })
}

test('A value that no handler has stored is a miss, whatever it holds', async () => {
  const { handler, Legacy, cluster, warnings } = await start()
  const tags = ['a']
  const whole = { tags, stale: 1, revalidate: 2, expire: 3, value: Buffer.from('v') }
  const broken = [null, 5, 'text', [], {}, { ...whole, tags: 'a' }, { ...whole, expire: undefined }]
  broken.push({ ...whole, stale: '1' }, { ...whole, revalidate: null }, { ...whole, value: 'v' })
  broken.push({ value: page('a') }, { value: page('a'), cacheControl: null }, { value: page('a'), cacheControl: {} })
  broken.push({ value: 'text', cacheControl: { revalidate: 1 } }, { value: {}, cacheControl: { revalidate: 1 } })
  broken.push({ value: page('a'), cacheControl: { revalidate: 1, expire: 'never' } })
  for (const kind of ['use', 'page']) {
    cluster.entries.clear()
    const read = () => (kind === 'use' ? handler.get('k', soft) : new Legacy(request).get('k', getPage))
    await read()
    await (kind === 'use'
      ? handler.set('k', Promise.resolve(entry('v')))
      : new Legacy(request).set('k', page('a'), setPage))
    const [stored] = cluster.entries.values()
    assert.ok(await read(), kind)
    for (const value of broken) {
      stored.value = serialize(value)
      assert.equal((await read()) ?? undefined, undefined, `${kind} ${JSON.stringify(value)}`)
    }
  }
  assert.deepEqual(warnings, [])
})

test('A member whose name is no text is no frame', () => {
  // The name is an object with a member toString that is no function.
  const name = serialize({ toString: 1 }).subarray(1)
  const frame = Buffer.concat([Buffer.from([1, 8, 0, 0, 0, 1]), name, Buffer.from([1])])
  assert.equal(deserialize(frame), undefined)
})

test('An update of a tag with commas reaches the pages that bear it', async () => {
  const { handler, Legacy, cluster } = await start()
  const b = await start({}, cluster)
  for (const [tag, update] of [
    ['a,b', (tags) => handler.updateTags(tags)],
    [',', (tags) => new Legacy(request).revalidateTag(tags)],
    ['x,', (tags) => handler.updateTags(tags, { expire: 0 })],
  ]) {
    await new Legacy(request).get('k', getPage)
    await new Legacy(request).set('k', page(['other', tag, '_N_T_/x'].join(',')), setPage)
    assert.notEqual(await new b.Legacy(request).get('k', getPage), null, tag)
    await update([tag])
    assert.equal(await new b.Legacy(request).get('k', getPage), null, tag)
    await handler.get('u', soft)
    await handler.set('u', Promise.resolve(entry('v', [tag])))
    assert.equal(await text(await b.handler.get('u', soft)), 'v')
    await update([tag])
    assert.equal(await b.handler.get('u', soft), undefined, tag)
  }
})

test('Both kinds of handlers together still tell of such a tag once', async () => {
  const { handler, Legacy, silo } = await start()
  await Promise.all([handler.updateTags(['a,b']), new Legacy(request).revalidateTag(['a,b'])])
  assert.equal(silo.count('POST', '/v1/tags/update'), 1)
})

test('Keys that differ in what UTF-8 cannot say are different', async () => {
  const { handler } = await start()
  await handler.get('k\ud800', soft)
  await handler.set('k\ud800', Promise.resolve(entry('one')))
  assert.equal(await handler.get('k\ud801', soft), undefined)
  assert.equal(await text(await handler.get('k\ud800', soft)), 'one')
})

test('A stream that is too long, and whose maker does not end, holds nobody up', async () => {
  const { handler, warnings } = await start({ maxEntryBytes: 10 })
  await handler.get('k', soft)
  const value = new ReadableStream({
    pull: (controller) => controller.enqueue(Buffer.alloc(100)),
    cancel: () => new Promise(() => {}),
  })
  await handler.set('k', Promise.resolve(entry('', [], { value })))
  assert.match(warnings[0], /more than 10 bytes/)
  const failing = new ReadableStream({
    pull: (controller) => controller.enqueue(Buffer.alloc(100)),
    cancel: () => Promise.reject(new Error('too late')),
  })
  await handler.set('l', Promise.resolve(entry('', [], { value: failing })))
  assert.equal(warnings.length, 1)
})

test('A listener of warnings that rejects ends nothing', async (t) => {
  const told = t.mock.method(console, 'warn', () => {})
  const handler = createCacheHandler({
    url: '',
    onWarning: async () => {
      throw new Error('a listener')
    },
  })
  assert.equal(await unhandled(t, () => handler.get('k', soft)), 0)
  assert.equal(told.mock.callCount(), 1)
})

test('A value that fails while next build runs ends nothing', async (t) => {
  process.env.NEXT_PHASE = 'phase-production-build'
  try {
    const handler = createCacheHandler({ url: 'http://127.0.0.1:9' })
    assert.equal(await unhandled(t, () => handler.set('k', Promise.reject(new Error('a function')))), 0)
  } finally {
    delete process.env.NEXT_PHASE
  }
})

test('Implicit tags count as long as they are in a URL', async () => {
  const { handler, silo, warnings } = await start()
  assert.equal(await handler.get('k', [`_N_T_${'/'.repeat(250)}`, `_N_T_${'/x'.repeat(120)}`]), undefined)
  assert.equal(silo.calls.length, 1)
  const many = Array.from({ length: 12 }, (_, i) => `${i}${'/'.repeat(250)}`)
  assert.equal(await handler.get('k', many), undefined)
  assert.equal(silo.calls.length, 1)
  assert.match(warnings[0], /implicit tags/)
})

test('What a handler remembers of reads is bounded, and what it forgets counts as begun earlier', () => {
  const reads = new Reads()
  const dropped = []
  for (let i = 0; i < 5_000; i++) {
    const token = { key: `k${i}`, value: `t${i}`, receivedAt: i, until: undefined }
    const given = reads.add(`k${i}`, { at: i, token, isFresh: false, value: undefined })
    if (given !== undefined) {
      dropped.push(given.value)
    }
    reads.add(`f${i}`, { at: i, token: undefined, isFresh: true, value: undefined })
  }
  assert.equal(dropped.length, 5_000 - 4_096)
  assert.equal(dropped[0], 't0')
  assert.equal(reads.take('k0'), undefined)
  assert.equal(reads.take('f0'), undefined)
  assert.equal(reads.take('k4999').token.value, 't4999')
  assert.equal(reads.take('f4999').at, 4_999)
})
