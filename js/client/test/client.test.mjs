import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { TagCacheClient } from '@orleans-tag-cache/client'
import { holdTime } from '../../test/clock.mjs'
import { is, starter } from './fixture.mjs'

const time = holdTime()

const { start } = starter()
const bytes = (text) => Buffer.from(text)

test('A miss gives the token, and what is stored with it is read', async () => {
  const { client, silo } = await start({ key: 'otc_k' })
  const miss = await client.read('k', { lease: 7 })
  assert.equal(miss.status, 'miss')
  assert.equal(miss.token?.key, 'k')
  assert.ok(miss.token.until - miss.token.receivedAt === 7_000)
  assert.deepEqual(
    await client.store('k', bytes('v'), { token: miss.token, tags: ['a'], life: 'hours', contentType: 'text/plain' }),
    { stored: true },
  )
  const found = await client.read('k')
  assert.equal(found.status, 'fresh')
  assert.equal(Buffer.from(found.value).toString(), 'v')
  assert.equal(found.contentType, 'text/plain')
  assert.ok(silo.calls.every((c) => c.headers.authorization === 'Bearer otc_k'))
})

test('Names with anything in them arrive as they are', async () => {
  const { client, cluster } = await start()
  const key = 'a b&c=d/é+💥%"'
  await client.store(key, bytes('v'), { tags: [key, '*'] })
  assert.deepEqual([...cluster.entries.keys()], [key])
  assert.equal(cluster.entries.get(key).tags[0], key)
  assert.match(cluster.entries.get(key).tags[1], /^~h:[0-9a-f]{64}$/)
  await client.read('other', { soft: [key] })
  await client.updateTags(['*'])
  assert.equal((await client.read(key)).status, 'miss')
})

test('The age is never less than it is: the time before the call was sent counts', async () => {
  const { client, silo } = await start()
  await client.store('k', bytes('v'), {})
  const stored = time.now
  await time.pass(1_000)
  // The call is under way for as long as this, and nobody knows how much of it was before the silo looked at its clock.
  silo.intercept = () => time.pass(40)
  const { madeAt } = await client.read('k')
  assert.ok(madeAt <= stored - 39.9 && madeAt >= stored - 40.1, `${madeAt - stored}`)
})

test('Who is told that another makes the value waits for it; a silo that does not answer is not waited for', async () => {
  const { client, silo } = await start({ timeout: 200 })
  const { token } = await client.read('k')
  const waiting = client.read('k', { wait: 10_000 })
  await silo.called('GET', '/v1/entry', 3)
  assert.deepEqual(
    silo.calls.map((c) => c.query.get('wait')),
    ['0', '0', '10'],
  )
  await client.store('k', bytes('v'), { token })
  assert.equal((await waiting).status, 'fresh')
  silo.intercept = () => new Promise(() => {})
  const unanswered = assert.rejects(client.read('k', { wait: 10_000 }), is('timeout'))
  await silo.called('GET', '/v1/entry', 4)
  await time.pass(200)
  await unanswered
})

test('A token that was given back goes to the next; one that is over is no fault', async () => {
  const { client } = await start()
  const { token } = await client.read('k')
  assert.equal((await client.read('k')).token, undefined)
  await client.abandon(token)
  assert.notEqual((await client.read('k')).token, undefined)
  await client.abandon(token)
})

test('A value that was begun before an update is not stored by since', async () => {
  const { client } = await start()
  assert.deepEqual(await client.store('k', bytes('v'), { since: performance.now(), tags: ['a'] }), {
    stored: false,
    reason: 'no_moment',
  })
  await client.read('k')
  const since = performance.now()
  await client.updateTags(['b'])
  assert.deepEqual(await client.store('k', bytes('v'), { since, tags: ['b'] }), { stored: false, reason: 'superseded' })
  assert.deepEqual(await client.store('k', bytes('v'), { since, tags: ['a'] }), { stored: true })
})

test('since goes to the silo whose moment it is', async () => {
  const { client, silos } = await start({}, ['a', 'b'])
  await client.read('k')
  const since = performance.now()
  silos[0].intercept = (call, response) => {
    if (call.method === 'GET') {
      response.writeHead(503).end()
    }
    return call.method === 'GET'
  }
  await client.read('other')
  assert.equal(silos[1].count('GET', '/v1/entry'), 1)
  assert.deepEqual(await client.store('k', bytes('v'), { since }), { stored: true })
  assert.equal(silos[0].count('PUT', '/v1/entry'), 1)
})

test('A store tells what broke a limit, and ends its token', async () => {
  const { client, cluster } = await start()
  cluster.maximumPayload = 3
  const { token } = await client.read('k')
  const outcome = await client.store('k', bytes('four'), { token })
  assert.deepEqual(
    { ...outcome, detail: '' },
    { stored: false, reason: 'refused', code: 'payload_too_large', detail: '' },
  )
  assert.notEqual((await client.read('k')).token, undefined)
  const many = Array.from({ length: 1_025 }, (_, i) => `t${i}`)
  assert.equal((await client.store('k', bytes('v'), { tags: many })).code, 'invalid_argument')
  assert.deepEqual(await client.store('k', bytes('v'), { tags: [...many.slice(1), 't1'] }), { stored: true })
})

test('Calls for the same tags in one turn are one; a later one is another', async () => {
  const { client, silo } = await start()
  await Promise.all([
    client.updateTags(['a']),
    client.updateTags(['a']),
    client.revalidateTags(['a'], { expire: 0 }),
    client.updateTags(['b']),
  ])
  assert.equal(silo.count('POST', '/v1/tags/update'), 2)
  const first = client.updateTags(['a'])
  await Promise.resolve()
  await Promise.resolve()
  await Promise.all([first, client.updateTags(['a'])])
  assert.equal(silo.count('POST', '/v1/tags/update'), 4)
})

test('Every update asks to be remembered, and takes 1,024 tags at a time', async () => {
  const { client, silo } = await start()
  const result = await client.updateTags(Array.from({ length: 2_500 }, (_, i) => `t${i}`))
  assert.equal(result.tags, 2_500)
  const bodies = silo.calls.map((c) => JSON.parse(c.body.toString()))
  assert.deepEqual(
    bodies.map((b) => b.tags.length).sort((x, y) => x - y),
    [452, 1_024, 1_024],
  )
  assert.ok(bodies.every((b) => b.remember === true))
  await client.updateTags([])
  assert.equal(silo.calls.length, 3)
})

test('A revalidation names its seconds or its profile; none is left, or less, is an update', async () => {
  const { client, silo } = await start()
  await client.revalidateTags(['a'])
  await client.revalidateTags(['a'], 'hours')
  await client.revalidateTags(['a'], { expire: 1.5 })
  await client.revalidateTags(['a'], { expire: Infinity })
  await client.revalidateTags(['a'], { expire: 0 })
  await client.revalidateTags(['a'], { expire: -5 })
  await client.updateEverything()
  assert.deepEqual(
    silo.calls.map((c) => ({
      ...JSON.parse(c.body.toString()),
      path: c.path.slice(9),
      remember: undefined,
      tags: undefined,
    })),
    [
      { profile: 'max', path: 'revalidate' },
      { profile: 'hours', path: 'revalidate' },
      { expire: 1.5, path: 'revalidate' },
      { expire: Number.MAX_SAFE_INTEGER, path: 'revalidate' },
      { path: 'update' },
      { path: 'update' },
      { path: 'update' },
    ].map((c) => ({ ...c, remember: undefined, tags: undefined })),
  )
  await assert.rejects(client.revalidateTags(['a'], { expire: Number.NaN }), is('invalid_argument'))
})

test('An update that is not confirmed throws, with the code of the API', async () => {
  const { client, silo } = await start()
  silo.intercept = (_, response) => {
    response
      .writeHead(503, { 'content-type': 'application/problem+json' })
      .end('{"code":"update_incomplete","detail":"Not all."}')
    return true
  }
  await assert.rejects(client.updateTags(['a']), is('update_incomplete'))
  silo.intercept = (_, response) => {
    response.writeHead(302, { location: '/' }).end()
    return true
  }
  await assert.rejects(client.updateTags(['a']), is('protocol'))
})

test('What answers without the words of a silo is none', async () => {
  const { client, silo } = await start()
  silo.intercept = (_, response) => {
    response.writeHead(404).end('<html>')
    return true
  }
  await assert.rejects(client.read('k'), is('protocol'))
})

test('A silo of an earlier version is refused', async () => {
  const { client, silo } = await start()
  silo.intercept = (_, response) => {
    response
      .writeHead(404, { 'cache-status': 'OrleansTagCache; fwd=miss', 'tag-cache-token': 't' })
      .end('{"code":"not_found"}')
    return true
  }
  await assert.rejects(client.read('k'), /earlier version/)
})

test('Without an address each call throws, and a bad address or figure is told at once', async () => {
  await assert.rejects(new TagCacheClient({ url: '' }).read('k'), is('not_configured'))
  await assert.rejects(new TagCacheClient({ url: ['127.0.0.1:80'] }).read('k'), is('not_configured'))
  await assert.rejects(new TagCacheClient({ url: 'ftp://a' }).read('k'), is('not_configured'))
  assert.throws(() => new TagCacheClient({ url: 'http://a', timeout: 0 }), is('not_configured'))
  assert.throws(() => new TagCacheClient({ url: 'http://a', updateTimeout: Number.NaN }), is('not_configured'))
})

test('An address that cannot be read is told without the password in it', async () => {
  for (const url of ['http://user:secret@host:99999', 'user:secret@host', 'http://user:secret@host']) {
    await assert.rejects(new TagCacheClient({ url }).read('k'), (error) => {
      assert.equal(error.code, 'not_configured')
      assert.doesNotMatch(inspect(error), /secret/)
      return true
    })
  }
})

test('getOrCreate makes a value once, tags it, and makes it anew after an update', async () => {
  const { client, cluster } = await start()
  let made = 0
  const get = () =>
    client.getOrCreate('k', async () => ({ made: ++made }), {
      tags: (value) => ['a', `made:${value.made}`],
      life: 'hours',
    })
  assert.deepEqual(await Promise.all([get(), get(), get()]), [{ made: 1 }, { made: 1 }, { made: 1 }])
  assert.deepEqual(cluster.entries.get('k').tags, ['a', 'made:1'])
  await client.updateTags(['made:1'])
  assert.deepEqual(await get(), { made: 2 })
  await client.remove('k')
  assert.deepEqual(await get(), { made: 3 })
})

test('getOrCreate returns what is stale, and refreshes it behind its caller', async () => {
  const { client, cluster } = await start()
  let made = 0
  const get = () => client.getOrCreate('k', () => ++made, { tags: ['a'], life: { revalidate: 10, expire: 60 } })
  await get()
  cluster.offset = 11_000
  assert.equal(await get(), 1)
  await cluster.until(() => made === 2 && cluster.tokens.size === 0)
  assert.equal(await get(), 2)
})

test('getOrCreate replaces what is no JSON', async () => {
  const { client } = await start()
  await client.store('k', bytes('<html>'))
  let made = 0
  assert.equal(await client.getOrCreate('k', () => ++made), 1)
  assert.equal(await client.getOrCreate('k', () => ++made), 1)
})

test('getOrCreate throws what its function throws, and the next caller does not wait', async () => {
  const { client } = await start()
  const fault = new Error('no')
  await assert.rejects(
    client.getOrCreate('k', () => Promise.reject(fault)),
    fault,
  )
  assert.equal(await client.getOrCreate('k', () => 1, { wait: 30_000 }), 1)
  await assert.rejects(
    client.getOrCreate('u', () => undefined),
    is('invalid_argument'),
  )
})

test('getOrCreate runs its function when no silo answers, and says so', async () => {
  const { client, silo } = await start()
  await silo.stop()
  const told = []
  assert.equal(await client.getOrCreate('k', () => 5, { onError: (e) => told.push(e.code) }), 5)
  assert.deepEqual(told, ['unreachable'])
})
