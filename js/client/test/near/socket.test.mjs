// The connection to one silo, against a silo that says what it is told to say.
import assert from 'node:assert/strict'
import test from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { dist } from './connect.mjs'
import { FakeSession } from './fake-session.mjs'

const time = holdTime()
const { NearTagCacheClient } = await import(`${dist}near-client.js`)

async function started(grant = 2_000) {
  const silo = await FakeSession.start()
  silo.grant = grant
  const client = new NearTagCacheClient({ url: silo.url, key: 'otc_key', timeout: 1_000 })
  await silo.next(1)
  await silo.heard()
  const stop = async () => {
    await client.close()
    silo.stop()
  }
  return { silo, client, stop }
}

async function kept({ silo, client }, key, answer, soft = []) {
  const reading = client.read(key, { soft })
  const ask = await silo.next(2)
  silo.entry(ask.request, answer)
  return reading
}

// In milliseconds, before a lost connection is opened anew.
const pause = [50, 150]

async function openedAnew({ silo, client }) {
  await time.pass(pause[1])
  await silo.next(1)
  await silo.heard()
  assert.equal(client.near.sessions, 1)
}

test('the key goes in a header, and no Origin', async () => {
  const it = await started()
  assert.equal(it.silo.headers.authorization, 'Bearer otc_key')
  assert.equal(it.silo.headers.origin, undefined)
  assert.equal(it.silo.headers['sec-websocket-protocol'], 'orleans-tag-cache.v1')
  await it.stop()
})

test('a value is kept until its tag is pushed, which is acknowledged afterwards', async () => {
  const it = await started()
  assert.equal(Buffer.from((await kept(it, 'k', { tags: ['a'] })).value).toString(), 'one')
  assert.equal((await it.client.read('k')).status, 'fresh')
  assert.equal(it.client.near.hits, 1)
  it.silo.push(1, ['a'])
  const acknowledged = await it.silo.next(6)
  assert.equal(acknowledged.body.readBigUInt64BE(0), 1n)
  assert.equal(Buffer.from((await kept(it, 'k', { value: 'two', tags: ['a'] })).value).toString(), 'two')
  await it.stop()
})

test('what is pushed while the answer is on its way is not kept', async () => {
  const it = await started()
  const reading = it.client.read('k')
  const ask = await it.silo.next(2)
  it.silo.push(1, ['a'])
  it.silo.entry(ask.request, { tags: ['a'] })
  assert.equal((await reading).status, 'fresh')
  assert.equal(it.client.near.entries, 0)
  await it.stop()
})

test('a value that may not be kept is not', async () => {
  const it = await started()
  await kept(it, 'k', { mayKeep: false })
  assert.equal(it.client.near.entries, 0)
  await it.stop()
})

test('the lease counts from before the question', async () => {
  const it = await started()
  // The welcome's own grant is over before that of the answer; renewals, after a third of what was granted last, grant nothing.
  it.silo.grant = 0
  const reading = it.client.read('k', {})
  const ask = await it.silo.next(2)
  await time.pass(300)
  it.silo.entry(ask.request, { grant: 2_400 })
  await reading
  for (const passes of [400, 800, 800]) {
    await time.pass(passes)
    await it.silo.next(7)
    await it.silo.heard()
  }
  // 99 % of the grant: the clocks' rates may differ by that much.
  await time.pass(2_375.9 - 2_300)
  const before = it.client.near.hits
  await it.client.read('k')
  assert.equal(it.client.near.hits, before + 1)
  await time.pass(0.2)
  const late = it.client.read('k')
  it.silo.entry((await it.silo.next(2)).request, { mayKeep: false, grant: 0 })
  await late
  assert.equal(it.client.near.hits, before + 1)
  await it.stop()
})

test('a connection that is cut ends what was kept under it, at once, and another one is opened', async () => {
  const it = await started()
  await kept(it, 'k', { tags: ['a'] })
  it.silo.cut()
  await time.armed(...pause)
  assert.equal(it.client.near.sessions, 0)
  assert.equal(it.client.near.entries, 0)
  await openedAnew(it)
  await kept(it, 'k', { tags: ['a'] })
  assert.equal(it.client.near.entries, 1)
  await it.stop()
})

test('a session that the silo does not know is left, and so it is at its end', async () => {
  const it = await started()
  await kept(it, 'k', { tags: ['a'] })
  await kept(it, 'l', { isLost: true, mayKeep: false })
  assert.equal(it.client.near.entries, 0)
  await it.silo.next(8)
  await openedAnew(it)
  await kept(it, 'k', { tags: ['a'] })
  it.silo.send(69, 0, [])
  await it.silo.next(8)
  assert.equal(it.client.near.entries, 0)
  await it.stop()
})

test('a push that is missing ends the session, unacknowledged', async () => {
  const it = await started()
  await kept(it, 'k', { tags: ['a'] })
  it.silo.push(2, ['b'])
  await it.silo.next(8)
  assert.equal(it.silo.frames.filter((frame) => frame.kind === 6).length, 0)
  assert.equal(it.client.near.entries, 0)
  await it.stop()
})

test('a reader with a soft tag of its own asks for it', async () => {
  const it = await started()
  await kept(it, 'k', { tags: ['a'] }, ['s'])
  assert.equal((await it.client.read('k', { soft: ['s'] })).status, 'fresh')
  assert.equal((await it.client.read('k')).status, 'fresh')
  assert.equal(it.client.near.hits, 2)
  const other = it.client.read('k', { soft: ['t'] })
  it.silo.entry((await it.silo.next(2)).request, {})
  await other
  assert.equal(it.client.near.hits, 2)
  it.silo.push(1, ['s'])
  await it.silo.next(6)
  assert.equal((await kept(it, 'k', { value: 'two' }, ['s'])).status, 'fresh')
  await it.stop()
})

test('a refusal that cannot be read ends the connection, and leaves nobody waiting', async () => {
  const { silo, client, stop } = await started()
  const reading = client.read('k')
  silo.send(67, (await silo.next(2)).request, [])
  // It goes the way of a client without near, where nobody answers either.
  await assert.rejects(reading, { status: 503 })
  await stop()
})

test('a silo that does not answer is given up, and its late token given back', async () => {
  const it = await started()
  const inVain = assert.rejects(it.client.read('k'), { code: 'timeout' })
  const ask = await it.silo.next(2)
  await time.pass(1_000)
  await inVain
  it.silo.miss(ask.request, 'late')
  const given = await it.silo.next(4)
  assert.ok(given.body.includes('late'))
  await it.stop()
})

test('memory is bounded, and what was not read goes first', async () => {
  const silo = await FakeSession.start()
  const client = new NearTagCacheClient({ url: silo.url, nearMaximumBytes: 1024 * 1024 })
  await silo.next(1)
  await silo.heard()
  for (let i = 0; i < 40; i++) {
    await kept({ silo, client }, `k${i}`, { value: 'v'.repeat(50_000) })
    await client.read('k0')
  }
  assert.ok(client.near.bytes <= 1024 * 1024)
  assert.ok(client.near.entries >= 15, `${client.near.entries}`)
  const before = client.near.hits
  await client.read('k0')
  assert.equal(client.near.hits, before + 1)
  await client.close()
  silo.stop()
})
