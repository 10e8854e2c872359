import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { clock, entry, soft, starter, streamOf, text } from '../fixture.mjs'

const time = holdTime()
const start = starter()

test('A miss, a set, and what was set comes back with all that belongs to it', async () => {
  const { handler } = await start()
  assert.equal(await handler.get('k', soft), undefined)
  const before = clock()
  await handler.set(
    'k',
    Promise.resolve(entry('hé', ['a', 'b'], { stale: 1, revalidate: 2, expire: 3, value: streamOf('h', 'é') })),
  )
  const found = await handler.get('k', soft)
  assert.equal(await text(found), 'hé')
  assert.deepEqual(
    { ...found, value: 0, timestamp: 0 },
    { value: 0, tags: ['a', 'b'], stale: 1, revalidate: 2, expire: 3, timestamp: 0 },
  )
  assert.ok(found.timestamp <= clock() && found.timestamp >= before - 1_000)
})

test('The time of an entry is never later than the start of what made it', async () => {
  const { handler, silo } = await start()
  await handler.get('k', soft)
  const made = entry('v')
  await handler.set('k', Promise.resolve(made))
  // Each call is under way for as long as this before it is judged, and so is each answer.
  silo.intercept = async (_, response) => {
    response.once('finish', () => time.holdUp(20))
    await time.pass(20)
  }
  for (let i = 0; i < 5; i++) {
    const found = await handler.get('k', soft)
    assert.ok(found.timestamp <= made.timestamp)
  }
})

test('Each get gives a stream of its own', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('v')))
  const [a, b] = await Promise.all([handler.get('k', soft), handler.get('k', soft)])
  assert.equal(await text(a), 'v')
  assert.equal(await text(b), 'v')
})

test('An empty value is one', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('')))
  assert.equal(await text(await handler.get('k', soft)), '')
})

test('Two instances: what one made the other reads, and what one updates neither reads', async () => {
  const a = await start()
  const b = await start({}, a.cluster)
  await a.handler.get('k', soft)
  await a.handler.set('k', Promise.resolve(entry('1', ['t'])))
  assert.equal(await text(await b.handler.get('k', soft)), '1')
  await b.handler.updateTags(['t'])
  assert.equal(await a.handler.get('k', soft), undefined)
})

test('A soft tag that was updated hides the entry from its readers alone', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('1')))
  await handler.updateTags(['_N_T_/page'])
  assert.equal(await text(await handler.get('k', ['_N_T_/layout', '_N_T_/other'])), '1')
  assert.equal(await handler.get('k', soft), undefined)
})

test('A revalidation makes it stale, and its refresh makes it fresh', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  await handler.set('k', Promise.resolve(entry('1', ['t'])))
  await handler.updateTags(['t'], { expire: 31_536_000 })
  const stale = await handler.get('k', soft)
  assert.equal(stale.revalidate, -1)
  await handler.set('k', Promise.resolve(entry('2', ['t'])))
  const fresh = await handler.get('k', soft)
  assert.equal(fresh.revalidate, 900)
  assert.equal(await text(fresh), '2')
})

test('Ten readers in two instances make one value', async () => {
  const a = await start({ wait: 10_000 })
  const b = await start({ wait: 10_000 }, a.cluster)
  const waits = () => [...a.silo.calls, ...b.silo.calls].filter((c) => c.query.get('wait') === '10').length
  let made = 0
  const read = async ({ handler }) => {
    const found = await handler.get('k', soft)
    if (found !== undefined) {
      return text(found)
    }
    const mine = entry(`${++made}`)
    await a.cluster.until(() => waits() === 9)
    await handler.set('k', Promise.resolve(mine))
    return `${made}`
  }
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => read(i % 2 === 0 ? a : b)))
  assert.deepEqual(answers, Array(10).fill('1'))
})

test('A get waits for the set of its key in this process', async () => {
  const { handler } = await start()
  await handler.get('k', soft)
  let finish
  const pending = new Promise((resolve) => {
    finish = resolve
  })
  const setting = handler.set('k', pending)
  const reading = handler.get('k', soft)
  finish(entry('v'))
  assert.equal(await text(await reading), 'v')
  await setting
})

test('The durations say how: none is an update, an empty object has no end', async () => {
  const { handler, silo } = await start()
  await handler.updateTags(['t'])
  await handler.updateTags(['t'], { expire: 0 })
  await handler.updateTags(['t'], { expire: -5 })
  await handler.updateTags(['t'], {})
  await handler.updateTags(['t'], { expire: 60 })
  assert.deepEqual(
    silo.calls.map((c) => [c.path, JSON.parse(c.body.toString()).expire]),
    [
      ['/v1/tags/update', undefined],
      ['/v1/tags/update', undefined],
      ['/v1/tags/update', undefined],
      ['/v1/tags/revalidate', 4_294_967_294],
      ['/v1/tags/revalidate', 60],
    ],
  )
})

test('Both kinds of handlers together tell the silo of an update once, and both throw if it fails', async () => {
  const { handler, Legacy, silo } = await start({ updateTimeout: 300 })
  const legacy = new Legacy({})
  await Promise.all([handler.updateTags(['a', 'b']), legacy.revalidateTag(['a', 'b'], undefined)])
  await Promise.all([handler.updateTags(['a'], { expire: 60 }), legacy.revalidateTag(['a'], { expire: 60 })])
  assert.equal(silo.calls.length, 2)
  await silo.stop()
  const outcomes = await Promise.allSettled([handler.updateTags(['a']), legacy.revalidateTag('a')])
  assert.deepEqual(
    outcomes.map((o) => o.status),
    ['rejected', 'rejected'],
  )
})
