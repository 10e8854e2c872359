// The frames, byte by byte, as silos write and read them (tests/Http writes the file).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { dist } from './connect.mjs'
import { FakeSession } from './fake-session.mjs'

const time = holdTime()
const { NearTagCacheClient } = await import(`${dist}near-client.js`)
const vectors = JSON.parse(readFileSync(new URL('./vectors/frames.json', import.meta.url), 'utf8'))
const bytesOf = (name) => Buffer.from(vectors[name], 'hex')

async function started() {
  const silo = await FakeSession.start()
  silo.welcome = bytesOf('welcome')
  const client = new NearTagCacheClient({ url: silo.url })
  const hello = await silo.next(1)
  await silo.heard()
  const stop = async () => {
    await client.close()
    silo.stop()
  }
  return { silo, client, hello, stop }
}

/** What the client has sent, with the vector's number of the request. */
function sent(frame, name) {
  const raw = Buffer.from(frame.raw)
  raw.writeUInt32BE(bytesOf(name).readUInt32BE(5), 5)
  assert.equal(raw.toString('hex'), vectors[name], name)
}

test('what a client sends is what silos read', async () => {
  const it = await started()
  // The same but for the number of the process.
  const name = `node/${process.pid}`
  const hello = bytesOf('hello').subarray(9)
  assert.deepEqual([it.hello.body[0], it.hello.body.readUInt16BE(1)], [hello[0], name.length])
  assert.equal(it.hello.body.subarray(3).toString(), name)
  assert.equal(hello.subarray(3).toString(), 'node/1')
  const reading = it.client.read('k', { soft: ['s', 't'], lease: 2 })
  const ask = await it.silo.next(2)
  sent(ask, 'acquire')
  it.silo.sendRaw(bytesOf('miss'), ask.request)
  const { status, token } = await reading
  assert.deepEqual([status, token?.value], ['miss', 'token'])
  const storing = it.client.store('k', Buffer.from('one'), {
    token,
    tags: ['a'],
    contentType: 'text/plain',
    life: { stale: 1, revalidate: 2 },
  })
  const commit = await it.silo.next(3)
  sent(commit, 'commit')
  it.silo.sendRaw(bytesOf('stored'), commit.request)
  assert.deepEqual(await storing, { stored: true })
  assert.equal(it.client.near.entries, 1)
  it.silo.sendRaw(bytesOf('push'))
  sent(await it.silo.next(6), 'acknowledge')
  it.silo.sendRaw(bytesOf('end'))
  sent(await it.silo.next(8), 'leave')
  await it.stop()
})

test('what a silo sends is what it means', async () => {
  const it = await started()
  const read = async (name, key = 'k') => {
    const before = time.now
    const reading = it.client.read(key)
    const { request } = await it.silo.next(2)
    await time.pass(10)
    it.silo.sendRaw(bytesOf(name), request)
    return { before, found: await reading }
  }
  const { found, before } = await read('entry')
  assert.deepEqual(
    [found.status, found.contentType, Buffer.from(found.value).toString()],
    ['fresh', 'text/plain', 'one'],
  )
  assert.ok(found.madeAt >= before - 1.5 && found.madeAt <= before - 1.4, `${found.madeAt - before}`)
  assert.equal(found.silo.moments.before(performance.now())?.value, 'moment')
  assert.equal(it.client.near.entries, 1)
  const stale = (await read('stale', 'l')).found
  assert.deepEqual([stale.status, stale.token?.value], ['stale', 'token'])
  assert.equal(it.client.near.entries, 1)
  const refused = it.client.read('m')
  it.silo.sendRaw(bytesOf('refused'), (await it.silo.next(2)).request)
  await assert.rejects(refused, { code: 'forbidden', status: 403 })
  await read('lost', 'n')
  assert.equal(it.client.near.entries, 0)
  await it.stop()
})
