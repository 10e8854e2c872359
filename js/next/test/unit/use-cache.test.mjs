import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCacheHandler, createLegacyHandler } from '@orleans-tag-cache/next'
import { start as begin, clock, entry, soft, streamOf, text, until } from '../fixture.mjs'

const open = []
afterEach(async () => {
  for (const one of open.splice(0)) {
    await one.stop()
  }
})

async function start(options, cluster) {
  const started = await begin(options, cluster)
  open.push(started)
  return started
}

test('A miss, a set, and what was set comes back with all that belongs to it', async () => {
  const { handler } = await start()
  assert.equal(await handler.get('k', soft), undefined)
  const before = clock()
  await handler.set(
    'k',
    Promise.resolve(entry('hé', ['a', 'b'], { stale: 1, revalidate: 2, expire: 3, value: streamOf('h', 'é') })),
  )
  const found = await handler.get('k', soft)
  assert.equal(await text(found), 'hé')
  assert.deepEqual(
    { ...found, value: 0, timestamp: 0 },
    { value: 0, tags: ['a', 'b'], stale: 1, revalidate: 2, expire: 3, timestamp: 0 },
  )
  assert.ok(found.timestamp <= clock() && found.timestamp >= before - 1_000)
})

test('The time of an entry is never later than the start of what made it', async () => {
  const { handler, silo } = await start()
  silo.intercept = () => new Promise((resolve) => setTimeout(resolve, 20, false))
  await handler.get('k', soft)
  const made = entry('v')
  await handler.set('k', Promise.resolve(made))
  for (let i = 0; i < 5; i++) {
    const found = await handler.get('k', soft)
    assert.ok(found.timestamp <= made.timestamp)
  }
})

test('Each get gives a stream of its own', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('v')))
  const [a, b] = await Promise.all([handler.get('k', soft), handler.get('k', soft)])
  assert.equal(await text(a), 'v')
  assert.equal(await text(b), 'v')
})

test('An empty value is one', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('')))
  assert.equal(await text(await handler.get('k', soft)), '')
})

test('Two instances: what one made the other reads, and what one updates neither reads', async () => {
  const a = await start()
  const b = await start({}, a.cluster)
  await a.handler.get('k', soft)
  await a.handler.set('k', Promise.resolve(entry('1', ['t'])))
  assert.equal(await text(await b.handler.get('k', soft)), '1')
  await b.handler.updateTags(['t'])
  assert.equal(await a.handler.get('k', soft), undefined)
})

test('A soft tag that was updated hides the entry from its readers alone', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('1')))
  await handler.updateTags(['_N_T_/page'])
  assert.equal(await text(await handler.get('k', ['_N_T_/layout', '_N_T_/other'])), '1')
  assert.equal(await handler.get('k', soft), undefined)
})

test('A revalidation makes it stale, and its refresh makes it fresh', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('1', ['t'])))
  await handler.updateTags(['t'], { expire: 31_536_000 })
  const stale = await handler.get('k', soft)
  assert.equal(stale.revalidate, -1)
  await handler.set('k', Promise.resolve(entry('2', ['t'])))
  const fresh = await handler.get('k', soft)
  assert.equal(fresh.revalidate, 900)
  assert.equal(await text(fresh), '2')
})

test('Ten readers in two instances make one value', async () => {
  const a = await start({ wait: 10_000 })
  const b = await start({ wait: 10_000 }, a.cluster)
  let made = 0
  const read = async ({ handler }) => {
    const found = await handler.get('k', soft)
    if (found !== undefined) {
      return text(found)
    }
    const mine = entry(`${++made}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await handler.set('k', Promise.resolve(mine))
    return `${made}`
  }
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => read(i % 2 === 0 ? a : b)))
  assert.deepEqual(answers, Array(10).fill('1'))
})

test('A get waits for the set of its key in this process', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  let finish
  const pending = new Promise((resolve) => {
    finish = resolve
  })
  const setting = handler.set('k', pending)
  const reading = handler.get('k', soft)
  finish(entry('v'))
  assert.equal(await text(await reading), 'v')
  await setting
})

test('A set returns when the value is on its way: until then Next.js lets all readers join it, updated or not', async () => {
  const { silo, options } = await start({ wait: 0, timeout: 100 })
  silo.intercept = (request) => (request.method === 'PUT' ? new Promise(() => {}) : undefined)
  const handler = createCacheHandler(options)
  await handler.get('k', soft)
  const before = performance.now()
  await handler.set('k', Promise.resolve(entry('v')))
  assert.ok(performance.now() - before < 1_000)
})

test('A set that does not end holds up no get for longer than a second', async () => {
  const { handler } = await start({ wait: 0 })
  void handler.set('k', new Promise(() => {}))
  assert.equal(await handler.get('k', soft), undefined)
})

for (const [what, pending] of [
  ['whose stream fails', () => Promise.resolve(entry('', [], { value: streamOf('part', new Error('no')) }))],
  ['that is rejected', () => Promise.reject(new Error('no'))],
  ['that never expires later than now', () => Promise.resolve(entry('v', [], { expire: 0, revalidate: 0 }))],
  [
    'of more tags than an entry has',
    () =>
      Promise.resolve(
        entry(
          'v',
          Array.from({ length: 1_025 }, (_, i) => `t${i}`),
        ),
      ),
  ],
  ['that is too large', () => Promise.resolve(entry('x'.repeat(1_001)))],
  ['that the silo finds too large', () => Promise.resolve(entry('x'.repeat(900)))],
]) {
  test(`A value ${what} is not stored, and the next reader waits for nothing`, async () => {
    const { handler, cluster } = await start({ maxEntryBytes: 1_000, wait: 30_000 })
    cluster.maximumPayload = 500
    await handler.get('k', soft)
    await handler.set('k', pending())
    const asked = performance.now()
    assert.equal(await handler.get('k', soft), undefined)
    assert.ok(performance.now() - asked < 5_000)
    assert.equal(cluster.entries.size, 0)
  })
}

test('What breaks in storing ends nothing but the storing', async (t) => {
  const rejected = []
  const note = (error) => rejected.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  const locked = entry('x')
  locked.value.getReader()
  const warned = []
  for (const broken of [locked, undefined, { ...entry('x'), tags: undefined }, { ...entry('x'), value: 'x' }]) {
    const { handler, cluster } = await start({
      onWarning: (message) => {
        warned.push(message)
        throw new Error('The log is full.')
      },
    })
    await handler.get('k', soft)
    await handler.set('k', Promise.resolve(broken))
    assert.equal(cluster.entries.size, 0)
    // The next one is stored.
    await handler.get('k', soft)
    await handler.set('k', Promise.resolve(entry('y')))
    assert.equal(await text(await handler.get('k', soft)), 'y')
  }
  const { handler, silo } = await start({
    maxEntryBytes: 1,
    onWarning: () => {
      throw new Error('The log is full.')
    },
  })
  await handler.set('k', Promise.resolve(entry('too large')))
  await silo.stop()
  assert.equal(await handler.get('k', soft), undefined)
  await handler.set('k', Promise.resolve(entry('z')))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(rejected, [])
  assert.equal(warned.length, 2)
})

test('What cannot be stored is told once, and no reader waits for those who make it', async () => {
  const { handler, silo, warnings } = await start({ maxEntryBytes: 10, wait: 10_000 })
  await handler.get('k', soft)
  for (let i = 0; i < 3; i++) {
    await handler.set('k', Promise.resolve(entry('x'.repeat(100))))
  }
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /more than 10 bytes/)
  await until(() => silo.count('POST', '/v1/entry/abandon') === 1)
  await handler.get('k', soft)
  const asked = silo.count('GET', '/v1/entry')
  await handler.get('k', soft)
  assert.equal(silo.count('GET', '/v1/entry'), asked + 1)
})

test('1,024 tags are stored, with those that the API refuses by their digests', async () => {
  const { handler, cluster } = await start()
  const tags = ['*', '', 'a,b', 'x'.repeat(2_000), '\ud800', '\n', ...Array.from({ length: 1_018 }, (_, i) => `t${i}`)]
  for (const tag of tags.slice(0, 8)) {
    await handler.get('k', soft)
    await handler.set('k', Promise.resolve(entry('v', tags)))
    const found = await handler.get('k', soft)
    assert.deepEqual(found.tags, tags)
    await handler.updateTags([tag])
    assert.equal(await handler.get('k', soft), undefined, `${tag.slice(0, 9)} reached it`)
    for (const [key] of cluster.tokens) {
      cluster.tokens.delete(key)
    }
  }
})

test('A token is not used for what was begun before it was received', async () => {
  const { handler, cluster } = await start()
  await handler.get('other', soft)
  const early = entry('old', ['t'])
  await handler.updateTags(['t'])
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(early))
  assert.equal(cluster.entries.size, 0)
  await handler.set('k', Promise.resolve(entry('new', ['t'])))
  assert.equal(await text(await handler.get('k', soft)), 'new')
})

test('A set without a get of its own is stored, unless something was updated since it began', async () => {
  const { handler, silo, cluster } = await start()
  await handler.set('k', Promise.resolve(entry('v', ['t'])))
  assert.equal(cluster.entries.size, 0, 'no moment is known yet')
  await handler.get('other', soft)
  await handler.set('k', Promise.resolve(entry('v', ['t'])))
  assert.equal(await text(await handler.get('k', soft)), 'v')
  await handler.set('k', Promise.resolve(entry('again', ['t'])))
  assert.equal(await text(await handler.get('k', soft)), 'again', 'over an entry that is there')
  const straddling = entry('old', ['t'])
  await handler.updateTags(['t'])
  await handler.set('k', Promise.resolve(straddling))
  assert.equal(await handler.get('k', soft), undefined)
  assert.ok(silo.calls.filter((c) => c.method === 'PUT').every((c) => c.query.has('since')))
})

test('An older value does not replace a newer one', async () => {
  const { handler } = await start()
  await handler.get('other', soft)
  const older = entry('older', ['t'])
  await new Promise((resolve) => setTimeout(resolve, 10))
  await handler.updateTags(['x'])
  await handler.get('other', soft)
  await handler.set('k', Promise.resolve(entry('newer', ['t'])))
  await handler.set('k', Promise.resolve(older))
  assert.equal(await text(await handler.get('k', soft)), 'newer')
})

test('A value that took longer than its lease is stored, unless something was updated in between', async () => {
  const { handler, cluster } = await start({ lease: 1 })
  await handler.get('k', soft)
  const slow = entry('v', ['t'])
  cluster.offset = 2_000
  await handler.set('k', Promise.resolve(slow))
  assert.equal(await text(await handler.get('k', soft)), 'v')
  await handler.updateTags(['t'])
  await handler.get('k', soft)
  const late = entry('w', ['t'])
  await handler.updateTags(['t'])
  cluster.offset = 4_000
  await handler.set('k', Promise.resolve(late))
  assert.equal(await handler.get('k', soft), undefined)
})

test('An update that is not confirmed throws; a read that is not answered is a miss', async () => {
  const { handler, silo, warnings } = await start({ timeout: 100, updateTimeout: 300 })
  await handler.get('k', soft)
  await silo.stop()
  open.pop()
  await assert.rejects(handler.updateTags(['t']))
  await assert.rejects(handler.updateTags(['t'], { expire: 0 }))
  assert.equal(await handler.get('k', soft), undefined)
  await handler.set('k', Promise.resolve(entry('v')))
  assert.equal(await handler.getExpiration(soft), Number.POSITIVE_INFINITY)
  await handler.refreshTags()
  assert.ok(warnings.length >= 1 && warnings.length <= 3)
})

test('A revalidation that is not confirmed is told each time, and does not throw: Next.js would never end the response', async (t) => {
  const { handler, silo } = await start({ timeout: 100, updateTimeout: 300 })
  const told = t.mock.method(console, 'error', () => {})
  await silo.stop()
  open.pop()
  for (const durations of [{ expire: 60 }, {}]) {
    await handler.updateTags(['t'], durations)
  }
  assert.equal(told.mock.callCount(), 2)
})

test('A frozen silo holds a reader up for a time-out, and the third for nothing', async () => {
  const { handler, silo } = await start({ timeout: 100 })
  silo.intercept = () => new Promise(() => {})
  await handler.get('k', soft)
  await handler.get('k', soft)
  const asked = performance.now()
  assert.equal(await handler.get('k', soft), undefined)
  assert.ok(performance.now() - asked < 50)
})

test('What the silo stores of others is no value of this handler', async () => {
  const { handler, cluster } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('v')))
  const [stored] = cluster.entries.values()
  stored.value = Buffer.from('{"json":1}')
  assert.equal(await handler.get('k', soft), undefined)
  await handler.set('k', Promise.resolve(entry('w')))
  assert.equal(await text(await handler.get('k', soft)), 'w')
})

test('The durations say how: none is an update, an empty object has no end', async () => {
  const { handler, silo } = await start()
  await handler.updateTags(['t'])
  await handler.updateTags(['t'], { expire: 0 })
  await handler.updateTags(['t'], { expire: -5 })
  await handler.updateTags(['t'], {})
  await handler.updateTags(['t'], { expire: 60 })
  assert.deepEqual(
    silo.calls.map((c) => [c.path, JSON.parse(c.body.toString()).expire]),
    [
      ['/v1/tags/update', undefined],
      ['/v1/tags/update', undefined],
      ['/v1/tags/update', undefined],
      ['/v1/tags/revalidate', 4_294_967_294],
      ['/v1/tags/revalidate', 60],
    ],
  )
})

test('Both kinds of handlers together tell the silo of an update once, and both throw if it fails', async () => {
  const { handler, Legacy, silo } = await start({ updateTimeout: 300 })
  const legacy = new Legacy({})
  await Promise.all([handler.updateTags(['a', 'b']), legacy.revalidateTag(['a', 'b'], undefined)])
  await Promise.all([handler.updateTags(['a'], { expire: 60 }), legacy.revalidateTag(['a'], { expire: 60 })])
  assert.equal(silo.calls.length, 2)
  await silo.stop()
  open.pop()
  const outcomes = await Promise.allSettled([handler.updateTags(['a']), legacy.revalidateTag('a')])
  assert.deepEqual(
    outcomes.map((o) => o.status),
    ['rejected', 'rejected'],
  )
})

test('While next build runs, nothing is sent', async () => {
  const { handler, Legacy, silo } = await start()
  process.env.NEXT_PHASE = 'phase-production-build'
  try {
    assert.equal(await handler.get('k', soft), undefined)
    await handler.set('k', Promise.resolve(entry('v')))
    await handler.updateTags(['t'])
    const legacy = new Legacy({ serverDistDir: '/nowhere' })
    assert.equal(await legacy.get('k', { kind: 'FETCH' }), null)
    await legacy.set('k', null, { fetchCache: true })
    await legacy.revalidateTag(['t'])
  } finally {
    delete process.env.NEXT_PHASE
  }
  assert.equal(silo.calls.length, 0)
})

test('Without an address reads are misses, and an update throws, but for development', async () => {
  delete process.env.OTC_URL
  const warnings = []
  const options = { onWarning: (message) => warnings.push(message) }
  const handler = createCacheHandler(options)
  assert.equal(await handler.get('k', soft), undefined)
  await assert.rejects(handler.updateTags(['t']), /OTC_URL/)
  await assert.rejects(new (createLegacyHandler(options))().revalidateTag(['t']), /OTC_URL/)
  process.env.NODE_ENV = 'development'
  try {
    await handler.updateTags(['t'])
  } finally {
    delete process.env.NODE_ENV
  }
  assert.ok(warnings.every((w) => w.includes('OTC_URL')))
})

test('An option that is out of its range is told by its name, and a read goes on without', async () => {
  const warnings = []
  const handler = createCacheHandler({
    url: 'http://127.0.0.1:9',
    wait: -1,
    onWarning: (message) => warnings.push(message),
  })
  assert.equal(await handler.get('k', soft), undefined)
  assert.match(warnings[0], /OTC_WAIT/)
})

test('Nothing of a request is kept: neither its entry, nor its stream, nor its context', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const { handler } = await start()
  const storage = new AsyncLocalStorage()
  const seen = []
  const request = async (key) => {
    const context = { large: new Uint8Array(1_000_000) }
    seen.push(new WeakRef(context))
    await storage.run(context, async () => {
      await handler.get(key, soft)
      const chunk = Buffer.alloc(1_000_000, 1)
      const made = entry('', ['t'], { value: streamOf(chunk.subarray(0, 10)) })
      const pending = Promise.resolve(made)
      seen.push(new WeakRef(made), new WeakRef(made.value), new WeakRef(pending))
      await handler.set(key, pending)
      const found = await handler.get(key, soft)
      seen.push(new WeakRef(found.value))
      await text(found)
      await handler.updateTags(['t'])
    })
  }
  for (let i = 0; i < 5; i++) {
    await request(`k${i}`)
  }
  for (let i = 0; i < 30 && seen.some((r) => r.deref() !== undefined); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    gc()
  }
  assert.equal(seen.filter((r) => r.deref() !== undefined).length, 0)
})

test('Tokens that are never used are bounded', async () => {
  const { Tokens } = await import('../../dist/esm/tokens.js')
  const tokens = new Tokens()
  for (let i = 0; i < 10_000; i++) {
    tokens.put(`k${i}`, { value: 'v', receivedAt: i, until: undefined })
    tokens.put('k', { value: `v${i}`, receivedAt: i, until: undefined })
    tokens.put('k', undefined)
    tokens.put('k', undefined)
  }
  let left = 0
  for (let i = 0; i < 10_000; i++) {
    left += tokens.takeAny(`k${i}`) === undefined ? 0 : 1
  }
  assert.equal(left, 4_095)
  let ofOne = 0
  while (tokens.takeAny('k') !== undefined) {
    ofOne++
  }
  assert.equal(ofOne, 4)
})

test('A store takes the token of the newest read before it began, if that read got one', async () => {
  const { Tokens } = await import('../../dist/esm/tokens.js')
  const tokens = new Tokens()
  const token = (value, receivedAt, until) => ({ value, receivedAt, until })
  const now = performance.now()
  tokens.put('k', token('a', now - 3_000))
  tokens.put('k', token('b', now - 2_000))
  assert.equal(tokens.take('k', now - 4_000), undefined)
  assert.equal(tokens.take('k', now - 2_500)?.value, 'a')
  tokens.put('k', undefined)
  assert.equal(tokens.take('k', performance.now()), undefined, 'a read without a token came between')
  assert.equal(tokens.take('k', now - 1_000)?.value, 'b')
  assert.equal(tokens.take('k', now - 1_000), undefined)
  tokens.put('k', token('c', now - 2_000, now - 1_000))
  assert.equal(tokens.take('k', performance.now()), undefined, 'its lease is over')
  assert.equal(tokens.takeAny('other'), undefined)
})

test('A reader who did not get the token does not use it: what it made is newer, and stays', async () => {
  const a = await start()
  await a.handler.get('k', soft)
  const slow = entry('slow', ['t'])
  await new Promise((resolve) => setTimeout(resolve, 5))
  await a.handler.get('k', soft)
  await new Promise((resolve) => setTimeout(resolve, 5))
  await a.handler.set('k', Promise.resolve(entry('quick', ['t'])))
  await a.handler.set('k', Promise.resolve(slow))
  assert.equal(await text(await a.handler.get('k', soft)), 'quick')
})
