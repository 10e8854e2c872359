// What a silo sends that is no frame of the protocol: whoever waits is told, and the connection is left.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { connect, dist } from './connect.mjs'
import { FakeSession } from './fake-session.mjs'

holdTime()
const { FrameReader } = await import(`${dist}frames.js`)
const { TagCacheError } = await import(`${dist}../errors.js`)
const vectors = JSON.parse(readFileSync(new URL('./vectors/frames.json', import.meta.url), 'utf8'))
const bytesOf = (name) => Buffer.from(vectors[name], 'hex')
const head = 9
// A connection that is not left would be waited for without end.
const limit = { timeout: 20_000 }

/** A frame that says of itself that it is so long. */
function framed(bytes) {
  const frame = Buffer.from(bytes)
  frame.writeUInt32BE(frame.length - 4)
  return frame
}

/** A frame without its end, at every byte, and with one byte more. */
function* broken(name) {
  const whole = bytesOf(name)
  for (let length = head; length < whole.length; length++) {
    yield [`${name}, ${length} of ${whole.length} bytes`, framed(whole.subarray(0, length))]
  }
  yield [`${name}, and a byte`, framed(Buffer.concat([whole, Buffer.from([0])]))]
}

const acquire = (socket) => socket.acquire('k', { soft: [], wait: 0, lease: 0, timeout: 5_000 })
const commit = (socket) =>
  socket.commit('k', Buffer.from('one'), {
    token: 't',
    contentType: 'text/plain',
    life: { stale: 1, revalidate: 2, expire: 3 },
    tags: [],
    timeout: 5_000,
    ask: { stamp: 0, at: 0 },
  })

// The value of an entry goes to the end of its frame, whatever that is.
const valueBytes = { entry: 3, stale: 3, lost: 3 }

for (const [name, kind, ask] of [
  ['entry', 2, acquire],
  ['stale', 2, acquire],
  ['miss', 2, acquire],
  ['refused', 2, acquire],
  ['stored', 3, commit],
]) {
  test(`An answer that is cut or too long is told to its caller, and ends the connection: ${name}`, limit, async () => {
    const silo = await FakeSession.start()
    for (const [what, frame] of broken(name)) {
      if (frame.length >= bytesOf(name).length - (valueBytes[name] ?? 0) && valueBytes[name] !== undefined) {
        continue
      }
      const { near, socket, welcomed } = connect(silo)
      await welcomed
      const answer = ask(socket).then(
        () => assert.fail(what),
        (error) => error,
      )
      silo.sendRaw(frame, (await silo.next(kind)).request)
      const error = await answer
      assert.ok(error instanceof TagCacheError, `${what}: ${error}`)
      assert.equal(error.code, 'protocol', what)
      await silo.next(8)
      assert.equal(socket.isReady, false, what)
      assert.equal(near.count, 0, what)
      socket.close()
    }
    silo.stop()
  })
}

test(
  'A push that is cut or too long, or names what is neither tag nor key, is not acknowledged, and ends the connection',
  limit,
  async () => {
    const silo = await FakeSession.start()
    const unknown = bytesOf('push')
    unknown[head + 8 + 1 + 2] = 2
    for (const [what, frame] of [...broken('push'), ['of another kind', unknown]]) {
      const { socket, welcomed } = connect(silo)
      await welcomed
      silo.sendRaw(frame)
      await silo.next(8)
      assert.equal(silo.frames.filter((sent) => sent.kind === 6).length, 0, what)
      assert.equal(socket.isReady, false, what)
      socket.close()
    }
    silo.stop()
  },
)

test('A welcome that is cut or too long is none', limit, async () => {
  const silo = await FakeSession.start()
  for (const [what, frame] of broken('welcome')) {
    silo.welcome = frame
    const { socket } = connect(silo)
    await silo.next(1)
    const connection = silo.sockets.at(-1)
    await new Promise((resolve) => connection.once('close', resolve))
    assert.equal(socket.isReady, false, what)
    socket.close()
  }
  silo.stop()
})

test('A second welcome ends the connection, and what was kept under the first', limit, async () => {
  const silo = await FakeSession.start()
  const { near, socket, welcomed } = connect(silo)
  await welcomed
  const reading = acquire(socket)
  silo.entry((await silo.next(2)).request, {})
  await reading
  assert.equal(near.count, 1)
  silo.sendRaw(bytesOf('welcome'))
  await silo.next(8)
  assert.equal(near.count, 0)
  socket.close()
  silo.stop()
})

test('An answer of the kind of another request is none', limit, async () => {
  const silo = await FakeSession.start()
  for (const [ask, kind, answer] of [
    [acquire, 2, 'stored'],
    [commit, 3, 'entry'],
  ]) {
    const { socket, welcomed } = connect(silo)
    await welcomed
    const asked = assert.rejects(ask(socket), { name: 'TagCacheError', code: 'protocol' })
    silo.sendRaw(bytesOf(answer), (await silo.next(kind)).request)
    await asked
    await silo.next(8)
    socket.close()
  }
  silo.stop()
})

test('A stale value, and one that was not stored, is not kept, whatever the silo says of keeping', limit, async () => {
  const silo = await FakeSession.start()
  const { near, socket, welcomed } = connect(silo)
  await welcomed
  const reading = acquire(socket)
  const stale = bytesOf('entry')
  stale[head] = 1
  silo.sendRaw(stale, (await silo.next(2)).request)
  assert.equal((await reading).status, 'stale')
  const storing = commit(socket)
  const superseded = bytesOf('stored')
  superseded[head] = 1
  silo.sendRaw(superseded, (await silo.next(3)).request)
  assert.equal(await storing, 'superseded')
  assert.equal(near.count, 0)
  socket.close()
  silo.stop()
})

test('What is shorter or longer than it says is no frame', limit, () => {
  for (const [name, hex] of Object.entries(vectors)) {
    const whole = Buffer.from(hex, 'hex')
    for (let length = 0; length < whole.length; length++) {
      const cut = Uint8Array.from(whole.subarray(0, length)).buffer
      assert.throws(() => new FrameReader(cut), { name: 'TagCacheError', code: 'protocol' }, `${name} ${length}`)
    }
  }
  assert.throws(() => new FrameReader('a text of some length'), { name: 'TagCacheError', code: 'protocol' })
})
