// A client that was closed stays closed; what a caller does with its own bytes is its own affair.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { holdTime, turn } from '../../../test/clock.mjs'
import { connect } from './connect.mjs'
import { FakeSession } from './fake-session.mjs'

const time = holdTime()

// A silo that is not left would be waited for without end.
const limit = { timeout: 20_000 }

test('A client that is closed between two connections opens no other', limit, async () => {
  const silo = await FakeSession.start()
  const { socket, welcomed } = connect(silo)
  await welcomed
  const reading = assert.rejects(socket.acquire('k', { soft: [], wait: 0, lease: 0, timeout: 5_000 }))
  await silo.next(2)
  silo.cut()
  await reading
  // The pause before the next connection has begun.
  socket.close()
  let isOpened = false
  silo.server.on('connection', () => {
    isOpened = true
  })
  await time.pass(60_000)
  // Had one been opened, it would have come before this one.
  const other = connect(silo)
  await other.welcomed
  assert.equal(silo.sockets.length, 2)
  assert.ok(isOpened)
  other.socket.close()
  silo.stop()
})

test('What is kept of a commit is what was sent, whatever its caller writes over it then', limit, async () => {
  const silo = await FakeSession.start()
  const { near, socket, welcomed } = connect(silo)
  await welcomed
  const value = Buffer.from('one')
  const storing = socket.commit('k', value, {
    token: 't',
    contentType: 'text/plain',
    life: { stale: 1, revalidate: 200, expire: 300 },
    tags: [],
    timeout: 5_000,
    ask: near.ask(performance.now()),
  })
  const { request } = await silo.next(3)
  value.fill(0)
  silo.stored(request)
  assert.equal(await storing, 'stored')
  assert.equal(Buffer.from(near.find('k', [], performance.now()).value).toString(), 'one')
  socket.close()
  silo.stop()
})

test('What the silo has not taken is bounded: more goes another way', limit, async () => {
  const silo = await FakeSession.start()
  const { socket, welcomed } = connect(silo)
  await welcomed
  const [raw] = silo.sockets
  raw.pause()
  const value = Buffer.alloc(1_000_000)
  const options = {
    token: 't',
    contentType: 'text/plain',
    life: 'default',
    tags: [],
    timeout: 60_000,
    ask: { stamp: 0, at: 0 },
  }
  const storing = []
  let refused
  for (let i = 0; i < 100 && refused === undefined; i++) {
    storing.push(
      socket.commit('k', value, options).catch((error) => {
        refused ??= error
      }),
    )
    await turn()
  }
  assert.equal(refused?.code, 'unreachable')
  assert.ok(storing.length < 60, `${storing.length}`)
  const closed = once(raw, 'close')
  socket.close()
  raw.resume()
  silo.stop()
  await Promise.all([...storing, closed])
})
