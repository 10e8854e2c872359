// What a call cannot take is told to its caller, by name and limit, and harms nobody else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NearTagCacheClient, TagCacheClient, tagNames } from '@orleans-tag-cache/client'
import { holdTime, turn } from '../../test/clock.mjs'
import { is, starter } from './fixture.mjs'

holdTime()

const { start, startNear } = starter()
const unsound = ['a\ud800', '\udc00b', 'a\ud800b']
const value = Buffer.from('v')

test('One text is no list of tags: its letters are none', async () => {
  const { client, silo } = await start()
  const wanted = is('invalid_argument', /list of texts/)
  await assert.rejects(client.updateTags('posts'), wanted)
  await assert.rejects(client.revalidateTags('posts', 'max'), wanted)
  await assert.rejects(client.read('k', { soft: 'posts' }), wanted)
  await assert.rejects(client.store('k', value, { tags: 'posts' }), wanted)
  for (const none of [null, undefined, 5, {}]) {
    await assert.rejects(client.updateTags(none), wanted)
  }
  for (const none of [null, undefined, 5, {}]) {
    await assert.rejects(client.updateTags(['a', none]), is('invalid_argument', /A tag is a text/))
  }
  assert.throws(() => tagNames('posts'), wanted)
  assert.equal(silo.calls.length, 0)
  assert.equal((await client.updateTags(new Set(['posts']))).tags, 1)
})

test('A key that UTF-8 cannot say is refused: two of them would be one', async () => {
  const { client, silo } = await start()
  for (const key of unsound) {
    const wanted = is('invalid_argument', /lone surrogates/)
    await assert.rejects(client.read(key), wanted)
    await assert.rejects(client.store(key, value), wanted)
    await assert.rejects(client.remove(key), wanted)
    await assert.rejects(
      client.getOrCreate(key, () => 1),
      wanted,
    )
  }
  for (const key of ['', undefined, null, 5]) {
    await assert.rejects(client.read(key), is('invalid_argument', /A key is a text/))
  }
  assert.equal(silo.calls.length, 0)
})

test('Over a session too: what is kept under such a key would not be found by the pushes for it', async () => {
  const { client, silo } = await startNear({ timeout: 5_000 })
  for (const key of unsound) {
    await assert.rejects(client.read(key), is('invalid_argument', /lone surrogates/))
  }
  assert.equal(silo.frames.filter((frame) => frame.kind === 2).length, 0)
})

test('More soft tags, or tags, than there may be do not reach the session, which they would end', async () => {
  const { client, silo } = await startNear({ timeout: 5_000 })
  const many = (count) => Array.from({ length: count }, (_, i) => `t${i}`)
  await assert.rejects(client.read('k', { soft: many(129) }), is('invalid_argument', /at most 128 soft tags/))
  const reading = client.read('k', { soft: many(128), lease: 1e12 })
  silo.miss((await silo.next(2)).request, 'sealed')
  const { token } = await reading
  const refused = await client.store('k', value, { token, tags: many(1_025) })
  assert.equal(refused.reason, 'refused')
  assert.match(refused.detail, /at most 1024 tags/)
  assert.ok((await silo.next(4)).body.includes('sealed'))
  assert.equal(client.near.sessions, 1)
  await assert.rejects(client.read('k', { lease: Number.NaN }), is('invalid_argument', /lease/))
})

for (const [what, given, words] of [
  ['too many tags', { tags: Array.from({ length: 1_025 }, (_, i) => `t${i}`) }, /at most 1024 tags/],
  ['a media type of two lines', { contentType: 'text/plain\r\nx: y' }, /printable ASCII/],
  ['a life that is no number', { life: { revalidate: Number.NaN } }, /'revalidate' must be 0 seconds or more/],
  ['a life of less than nothing', { life: { expire: -1 } }, /'expire' must be 0 seconds or more/],
  ['a life of a text', { life: { stale: '5' } }, /'stale' must be 0 seconds or more/],
]) {
  test(`A store with ${what} is refused, and its token goes to the next`, async () => {
    const { client, silo } = await start()
    const { token } = await client.read('k')
    const refused = await client.store('k', value, { token, ...given })
    assert.deepEqual([refused.stored, refused.reason, refused.code], [false, 'refused', 'invalid_argument'])
    assert.match(refused.detail, words)
    await silo.called('POST', '/v1/entry/abandon')
    assert.notEqual((await client.read('k', { wait: 5_000 })).token, undefined)
  })
}

test('A store of what is no value throws, and its token goes to the next', async () => {
  const { client, silo } = await start()
  const { token } = await client.read('k')
  await assert.rejects(client.store('k', 'text', { token }), is('invalid_argument', /Uint8Array/))
  await silo.called('POST', '/v1/entry/abandon')
})

test('A life without an end has none', async () => {
  const { client, cluster } = await start()
  await client.store('k', value, { life: { stale: Infinity, revalidate: Infinity, expire: Infinity } })
  const [{ life }] = cluster.entries.values()
  assert.ok(life.every((seconds) => seconds > 1e12))
})

test('A call that cannot be sent says nothing of the silo', async () => {
  const { client } = await start()
  const token = { key: 'k', value: 'a\nb', receivedAt: 0, until: undefined }
  for (let i = 0; i < 3; i++) {
    await assert.rejects(client.abandon(token), is('invalid_argument'))
  }
  assert.equal((await client.read('k')).status, 'miss')
})

test('An API key is taken as a file has it, and one with other characters is told, without it', async () => {
  const { client, silo } = await start({ key: ' otc_key\n' })
  await client.read('k')
  assert.equal(silo.calls[0].headers.authorization, 'Bearer otc_key')
  for (const key of ['sec\nret', 'secrét', 'sec ret']) {
    for (const Client of [TagCacheClient, NearTagCacheClient]) {
      assert.throws(
        () => new Client({ url: silo.url, key }),
        (error) => is('not_configured', /OTC_KEY/)(error) && !error.message.includes(key),
      )
    }
  }
})

test('Options of another type are told by their names', async () => {
  for (const [options, words] of [
    [{ timeout: '500' }, /timeout must be a number/],
    [{ updateTimeout: null }, undefined],
    [{ connections: '8' }, /connections must be a number/],
    [{ url: 5 }, /url must be a text/],
    [{ url: [new URL('http://127.0.0.1')] }, /url must be a text/],
  ]) {
    if (words !== undefined) {
      assert.throws(() => new TagCacheClient({ url: 'http://a', ...options }), is('not_configured', words))
    }
  }
  await assert.rejects(
    new TagCacheClient({ url: 'localhost:8080' }).read('k'),
    is('not_configured', /'localhost:8080'/),
  )
  await assert.rejects(new TagCacheClient({ url: 'http://:secret@a' }).read('k'), (error) => {
    return is('not_configured')(error) && !error.message.includes('secret')
  })
})

test('A client may be closed twice', async () => {
  const { client } = await start()
  await client.read('k')
  await Promise.all([client.close(), client.close()])
  await client.close()
})

test('What a listener throws or rejects ends neither the call nor the process', async (t) => {
  const told = t.mock.method(console, 'warn', () => {})
  const { client, silo } = await start()
  silo.intercept = (_, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"unauthorized"}')
    return true
  }
  const unhandled = t.mock.fn()
  process.on('unhandledRejection', unhandled)
  t.after(() => process.off('unhandledRejection', unhandled))
  const fault = new Error('a listener')
  for (const onError of [
    () => {
      throw fault
    },
    async () => {
      throw fault
    },
  ]) {
    assert.equal(await client.getOrCreate('k', () => 5, { onError }), 5)
  }
  await turn()
  assert.equal(unhandled.mock.callCount(), 0)
  assert.equal(told.mock.callCount(), 2)
})
