import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { collect } from '../../../test/collector.mjs'
import { entry, soft, starter, streamOf, text } from '../fixture.mjs'

const time = holdTime()
const start = starter()

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
  await time.pass(10)
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

test('Nothing of a request is kept: neither its entry, nor its stream, nor its context', async () => {
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
  await collect()
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
  await time.pass(5)
  await a.handler.get('k', soft)
  await time.pass(5)
  await a.handler.set('k', Promise.resolve(entry('quick', ['t'])))
  await a.handler.set('k', Promise.resolve(slow))
  assert.equal(await text(await a.handler.get('k', soft)), 'quick')
  const puts = a.silo.calls.filter((c) => c.method === 'PUT')
  assert.deepEqual(
    puts.map((c) => c.query.has('since')),
    [true, false],
  )
})
