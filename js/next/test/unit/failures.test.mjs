import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCacheHandler, createLegacyHandler } from '@orleans-tag-cache/next'
import { holdTime, isPending, turn } from '../../../test/clock.mjs'
import { entry, soft, starter, text } from '../fixture.mjs'

const time = holdTime()
const start = starter()

test('A set that does not end holds up no get for longer than a second', async () => {
  const { handler } = await start({ wait: 0 })
  void handler.set('k', new Promise(() => {}))
  const reading = handler.get('k', soft)
  await time.pass(999)
  assert.ok(await isPending(reading))
  await time.pass(1)
  assert.equal(await reading, undefined)
})

test('When a reader has waited for a store in vain, the next do not wait for theirs', async () => {
  const { handler, silo } = await start()
  silo.intercept = ({ method }) => (method === 'PUT' ? new Promise(() => {}) : false)
  const waits = []
  for (let i = 0; i < 3; i++) {
    const key = `k${i}`
    await handler.get(key, soft)
    const stored = silo.count('PUT', '/v1/entry')
    void handler.set(key, Promise.resolve(entry('v')))
    await silo.called('PUT', '/v1/entry', stored + 1)
    const reading = handler.get(key, soft)
    await time.pass(1)
    waits.push(await isPending(reading))
    await time.pass(1_000)
    assert.equal(await reading, undefined)
  }
  assert.deepEqual(waits, [true, false, false])
})

test('What breaks in storing ends nothing but the storing', async (t) => {
  const rejected = []
  const note = (error) => rejected.push(error)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  const locked = entry('x')
  locked.value.getReader()
  const warned = []
  for (const broken of [locked, undefined, { ...entry('x'), tags: undefined }, { ...entry('x'), value: 'x' }]) {
    const { handler, cluster } = await start({
      onWarning: (message) => {
        warned.push(message)
        throw new Error('The log is full.')
      },
    })
    await handler.get('k', soft)
    await handler.set('k', Promise.resolve(broken))
    assert.equal(cluster.entries.size, 0)
    // The next one is stored.
    await handler.get('k', soft)
    await handler.set('k', Promise.resolve(entry('y')))
    assert.equal(await text(await handler.get('k', soft)), 'y')
  }
  const { handler, silo } = await start({
    maxEntryBytes: 1,
    onWarning: () => {
      throw new Error('The log is full.')
    },
  })
  await handler.set('k', Promise.resolve(entry('too large')))
  await silo.stop()
  assert.equal(await handler.get('k', soft), undefined)
  await handler.set('k', Promise.resolve(entry('z')))
  await turn()
  assert.deepEqual(rejected, [])
  assert.equal(warned.length, 2)
})

test('An update that is not confirmed throws; a read that is not answered is a miss', async () => {
  const { handler, silo, warnings } = await start({ timeout: 100, updateTimeout: 300 })
  await handler.get('k', soft)
  await silo.stop()
  await assert.rejects(handler.updateTags(['t']))
  await assert.rejects(handler.updateTags(['t'], { expire: 0 }))
  assert.equal(await handler.get('k', soft), undefined)
  await handler.set('k', Promise.resolve(entry('v')))
  assert.equal(await handler.getExpiration(soft), Number.POSITIVE_INFINITY)
  await handler.refreshTags()
  assert.ok(warnings.length >= 1 && warnings.length <= 3)
})

test('A revalidation that is not confirmed is told each time, and does not throw: Next.js would never end the response', async (t) => {
  const { handler, silo } = await start({ timeout: 100, updateTimeout: 300 })
  const told = t.mock.method(console, 'error', () => {})
  await silo.stop()
  for (const durations of [{ expire: 60 }, {}]) {
    await handler.updateTags(['t'], durations)
  }
  assert.equal(told.mock.callCount(), 2)
})

test('A frozen silo holds a reader up for a time-out, and the third for nothing', async () => {
  const { handler, silo } = await start({ timeout: 100 })
  silo.intercept = () => new Promise(() => {})
  for (let i = 1; i <= 2; i++) {
    const reading = handler.get('k', soft)
    await silo.called('GET', '/v1/entry', i)
    await time.pass(99)
    assert.ok(await isPending(reading))
    await time.pass(1)
    assert.equal(await reading, undefined)
  }
  assert.equal(await handler.get('k', soft), undefined)
  assert.equal(silo.calls.length, 2)
})

test('What the silo stores of others is no value of this handler', async () => {
  const { handler, cluster } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('v')))
  const [stored] = cluster.entries.values()
  stored.value = Buffer.from('{"json":1}')
  assert.equal(await handler.get('k', soft), undefined)
  await handler.set('k', Promise.resolve(entry('w')))
  assert.equal(await text(await handler.get('k', soft)), 'w')
})

test('While next build runs, nothing is sent', async () => {
  const { handler, Legacy, silo } = await start()
  process.env.NEXT_PHASE = 'phase-production-build'
  try {
    assert.equal(await handler.get('k', soft), undefined)
    await handler.set('k', Promise.resolve(entry('v')))
    await handler.updateTags(['t'])
    const legacy = new Legacy({ serverDistDir: '/nowhere' })
    assert.equal(await legacy.get('k', { kind: 'FETCH' }), null)
    await legacy.set('k', null, { fetchCache: true })
    await legacy.revalidateTag(['t'])
  } finally {
    delete process.env.NEXT_PHASE
  }
  assert.equal(silo.calls.length, 0)
})

test('Without an address reads are misses, and an update throws, but for development', async () => {
  delete process.env.OTC_URL
  const warnings = []
  const options = { onWarning: (message) => warnings.push(message) }
  const handler = createCacheHandler(options)
  assert.equal(await handler.get('k', soft), undefined)
  await assert.rejects(handler.updateTags(['t']), /OTC_URL/)
  await assert.rejects(new (createLegacyHandler(options))().revalidateTag(['t']), /OTC_URL/)
  process.env.NODE_ENV = 'development'
  try {
    await handler.updateTags(['t'])
  } finally {
    delete process.env.NODE_ENV
  }
  assert.ok(warnings.every((w) => w.includes('OTC_URL')))
})

test('An option that is out of its range is told by its name, and a read goes on without', async () => {
  const warnings = []
  const handler = createCacheHandler({
    url: 'http://127.0.0.1:9',
    wait: -1,
    onWarning: (message) => warnings.push(message),
  })
  assert.equal(await handler.get('k', soft), undefined)
  assert.match(warnings[0], /OTC_WAIT/)
})
