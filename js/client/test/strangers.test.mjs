// What answers at the address, and is no silo, or stands in front of one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdTime } from '../../test/clock.mjs'
import { is, starter } from './fixture.mjs'

holdTime()

const { start } = starter()

for (const [what, status, headers, body] of [
  ['a page', 200, { 'content-type': 'text/html' }, '<html>Sign in</html>'],
  ['JSON of another program', 200, { 'content-type': 'application/json' }, '{"ok":true}'],
  ['null', 200, { 'content-type': 'application/json' }, 'null'],
  ['nothing', 204, {}, ''],
  ['a way elsewhere', 302, { location: '/login' }, ''],
  ['a page that there is none', 404, { 'content-type': 'text/html' }, '<html>'],
  ['a fault', 500, { 'content-type': 'text/html' }, '<html>'],
  ['that the silo cannot be reached', 502, { 'content-type': 'text/html' }, '<html>'],
]) {
  test(`${what}, with ${status}: no value, no miss, and no update that is confirmed`, async () => {
    const { client, silo } = await start({ breakerFailures: 100 })
    silo.intercept = (_, response) => {
      response.writeHead(status, headers).end(body)
      return true
    }
    await assert.rejects(client.updateTags(['t']), is('protocol'))
    await assert.rejects(client.revalidateTags(['t'], 'max'), is('protocol'))
    await assert.rejects(client.read('k'), is('protocol'))
    const told = []
    assert.equal(await client.getOrCreate('k', () => 'made', { onError: (error) => told.push(error.code) }), 'made')
    assert.equal(told[0], 'protocol')
  })
}

test('What a proxy adds to Cache-Status is not the silo', async () => {
  const { client, silo } = await start()
  await client.store('k', Buffer.from('v'), { life: { revalidate: 1, expire: 60 } })
  const answers = [
    [200, ['OrleansTagCache; hit; ttl=-5', 'Edge; fwd=bypass'], 'stale'],
    [200, 'Edge; fwd=stale; ttl=-5, OrleansTagCache; hit; ttl=60', 'fresh'],
    [404, ['Edge; fwd=bypass', 'OrleansTagCache; fwd=miss'], 'miss'],
  ]
  for (const [status, cacheStatus, found] of answers) {
    silo.intercept = (_, response) => {
      response.setHeader('cache-status', cacheStatus)
      response.writeHead(status, { 'tag-cache-as-of': 'a.1', 'tag-cache-age': '1' }).end('v')
      return true
    }
    assert.equal((await client.read('k')).status, found)
  }
})

test('An answer of more than a silo ever sends is not read, and says nothing against the silo', async () => {
  const { client, silo } = await start()
  silo.intercept = (call, response) => {
    if (call.query.get('key') !== 'large') {
      return false
    }
    response.writeHead(200, { 'cache-status': 'OrleansTagCache; hit; ttl=60', 'tag-cache-as-of': 'a.1' })
    response.on('error', () => {})
    response.end(Buffer.alloc(69 * 1024 * 1024))
    return true
  }
  for (let i = 0; i < 2; i++) {
    await assert.rejects(client.read('large'), is('payload_too_large'))
  }
  assert.equal((await client.read('k')).status, 'miss')
})
