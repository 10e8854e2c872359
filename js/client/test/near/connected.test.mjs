// A client that keeps nothing reads over WebSockets all the same: no silo has a session of it, and no update waits for it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { FakeSession } from './fake-session.mjs'

const time = holdTime()
const dist = process.env.NEAR_DIST ?? new URL('../../dist/esm/near/', import.meta.url).href
const { ConnectedTagCacheClient } = await import(`${dist}connected-client.js`)

async function connect(test, takesCalls = false) {
  const silo = await FakeSession.start()
  silo.takesCalls = takesCalls
  const client = new ConnectedTagCacheClient({ url: silo.url, timeout: 1_000 })
  test.after(async () => {
    silo.stop()
    await client.close()
  })
  await silo.next(1)
  await silo.heard()
  return { silo, client }
}

async function read({ silo, client }, answer) {
  const reading = client.read('k')
  silo.entry((await silo.next(2)).request, answer)
  return reading
}

test('it asks for no session', async (test) => {
  const { silo, client } = await connect(test)
  assert.equal(silo.keeps, false)
  assert.equal(client.connected.sessions, 1)
})

test('each read asks the silo, whatever the answer says of keeping', async (test) => {
  const it = await connect(test)
  for (const value of ['one', 'two', 'three']) {
    const found = await read(it, { value, mayKeep: true })
    assert.equal(Buffer.from(found.value).toString(), value)
  }
  assert.deepEqual(it.client.connected, { asked: 3, passed: 0, sessions: 1 })
})

test('a value goes back the way its token came', async (test) => {
  const { silo, client } = await connect(test)
  const reading = client.read('k')
  silo.miss((await silo.next(2)).request, 'sealed')
  const { token } = await reading
  const storing = client.store('k', Buffer.from('one'), { token })
  const commit = await silo.next(3)
  assert.ok(commit.body.includes('sealed'))
  silo.stored(commit.request)
  assert.deepEqual(await storing, { stored: true })
})

test('it stays connected, and says something every 10 seconds', async (test) => {
  const it = await connect(test)
  for (let i = 0; i < 3; i++) {
    await time.pass(9_999)
    assert.equal(it.silo.frames.filter(({ kind }) => kind === 7).length, 0)
    await time.pass(1)
    await it.silo.next(7)
    await it.silo.heard()
  }
  assert.equal(it.silo.sockets.length, 1)
  await read(it, {})
  assert.equal(it.client.connected.asked, 1)
})

test('an answer that knows of no session ends nothing', async (test) => {
  const it = await connect(test)
  await read(it, { isLost: true })
  await read(it, {})
  assert.equal(it.silo.sockets.length, 1)
  assert.equal(it.client.connected.asked, 2)
})

test('a silo of before gives it a session: pushes are acknowledged, and nothing is kept', async (test) => {
  const silo = await FakeSession.start()
  silo.gives = true
  const client = new ConnectedTagCacheClient({ url: silo.url, timeout: 1_000 })
  test.after(async () => {
    silo.stop()
    await client.close()
  })
  await silo.next(1)
  await silo.heard()
  await read({ silo, client }, { tags: ['t'], mayKeep: true })
  silo.push(1, ['t'])
  assert.equal((await silo.next(6)).body.readBigUInt64BE(), 1n)
  await read({ silo, client }, { tags: ['t'], mayKeep: true })
  assert.equal(client.connected.asked, 2)
})

test('a read goes over HTTP when the connection is lost before it is answered, and until there is one again', async (test) => {
  const { silo, client } = await connect(test, true)
  for (const first of [true, false]) {
    const reading = client.read('k')
    if (first) {
      await silo.next(2)
      silo.cut()
    }
    const call = await Promise.race([silo.called(), reading.then(assert.fail, assert.fail)])
    assert.equal(call.method, 'GET')
    call.answer(404, { 'cache-status': 'OrleansTagCache; fwd=miss', 'tag-cache-as-of': 'moment' })
    assert.equal((await reading).status, 'miss')
  }
  assert.deepEqual(client.connected, { asked: 1, passed: 2, sessions: 0 })
})
