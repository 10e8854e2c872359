// What a session cannot carry goes over HTTP: a token that is neither used nor given back blocks its readers until its lease ends.
import assert from 'node:assert/strict'
import test from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { dist } from './connect.mjs'
import { FakeSession } from './fake-session.mjs'

holdTime()
const { NearTagCacheClient } = await import(`${dist}near-client.js`)

async function withToken(mostRequests) {
  const silo = await FakeSession.start()
  silo.takesCalls = true
  silo.mostRequests = mostRequests
  const client = new NearTagCacheClient({ url: silo.url, timeout: 1_000 })
  await silo.next(1)
  await silo.heard()
  const reading = client.read('k')
  silo.miss((await silo.next(2)).request, 'sealed')
  const { token } = await reading
  const stop = async () => {
    silo.stop()
    await client.close()
  }
  return { silo, client, token, stop }
}

/** What arrives first over HTTP, answered; what is told of it. */
async function overHttp({ silo }, telling, method, status = 204) {
  const call = await Promise.race([silo.called(), telling.then(assert.fail, assert.fail)])
  assert.equal(call.method, method)
  assert.equal(call.headers['tag-cache-token'], 'sealed')
  call.answer(status)
  return telling
}

const value = Buffer.from('one')

test('a value without room on the connection goes over HTTP', async () => {
  // A client leaves 8 of the silo's requests free.
  const it = await withToken(9)
  const reading = it.client.read('other')
  const { request } = await it.silo.next(2)
  assert.deepEqual(await overHttp(it, it.client.store('k', value, { token: it.token }), 'PUT'), { stored: true })
  it.silo.miss(request)
  await reading
  await it.stop()
})

test('a token is given back on a connection without room for more', async () => {
  const it = await withToken(9)
  const reading = it.client.read('other')
  const { request } = await it.silo.next(2)
  const giving = it.client.abandon(it.token)
  const given = await Promise.race([it.silo.next(4), giving.then(assert.fail, assert.fail)])
  it.silo.stored(given.request)
  await giving
  it.silo.miss(request)
  await reading
  await it.stop()
})

test('a value goes over HTTP when the connection is lost before it is answered', async () => {
  const it = await withToken()
  const storing = it.client.store('k', value, { token: it.token })
  await it.silo.next(3)
  it.silo.cut()
  assert.deepEqual(await overHttp(it, storing, 'PUT'), { stored: true })
  await it.stop()
})

test('a token goes over HTTP when the connection is lost before it is given back', async () => {
  const it = await withToken()
  const giving = it.client.abandon(it.token)
  await it.silo.next(4)
  it.silo.cut()
  await overHttp(it, giving, 'POST')
  await it.stop()
})

test('a value goes over HTTP when the silo ends the session before it answers', async () => {
  const it = await withToken()
  const storing = it.client.store('k', value, { token: it.token })
  await it.silo.next(3)
  it.silo.send(69, 0, [])
  assert.deepEqual(await overHttp(it, storing, 'PUT'), { stored: true })
  await it.stop()
})

test('a value goes over HTTP when the silo has no room for it on the connection', async () => {
  const it = await withToken()
  const storing = it.client.store('k', value, { token: it.token })
  it.silo.refuse((await it.silo.next(3)).request, 503, 'overloaded')
  assert.deepEqual(await overHttp(it, storing, 'PUT'), { stored: true })
  await it.stop()
})

test('a value that is larger than a frame goes over HTTP, and the session stays', async () => {
  const it = await withToken()
  const storing = it.client.store('k', Buffer.alloc(2 * 1024 * 1024), { token: it.token })
  assert.deepEqual(await overHttp(it, storing, 'PUT'), { stored: true })
  assert.equal(it.client.near.sessions, 1)
  await it.stop()
})

test('a read goes over HTTP when the silo has no room for it on the connection', async () => {
  const it = await withToken()
  const reading = it.client.read('other')
  it.silo.refuse((await it.silo.next(2)).request, 503, 'overloaded')
  const call = await Promise.race([it.silo.called(), reading.then(assert.fail, assert.fail)])
  assert.equal(call.method, 'GET')
  call.answer(503)
  await assert.rejects(reading)
  await it.stop()
})

test('a refusal of the value itself is told', async () => {
  const it = await withToken()
  const storing = it.client.store('k', value, { token: it.token })
  it.silo.refuse((await it.silo.next(3)).request, 413, 'payload_too_large')
  assert.equal((await storing).code, 'payload_too_large')
  assert.equal(it.silo.calls.length, 0)
  await it.stop()
})
