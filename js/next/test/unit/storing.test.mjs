import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCacheHandler } from '@orleans-tag-cache/next'
import { holdTime } from '../../../test/clock.mjs'
import { entry, soft, starter, streamOf } from '../fixture.mjs'

holdTime()
const start = starter()

test('A set returns when the value is on its way: until then Next.js lets all readers join it, updated or not', async () => {
  const { silo, options } = await start({ wait: 0, timeout: 100 })
  silo.intercept = (request) => (request.method === 'PUT' ? new Promise(() => {}) : undefined)
  const handler = createCacheHandler(options)
  await handler.get('k', soft)
  // Time stands still: it is not waited for.
  await handler.set('k', Promise.resolve(entry('v')))
})

for (const [what, pending] of [
  ['whose stream fails', () => Promise.resolve(entry('', [], { value: streamOf('part', new Error('no')) }))],
  ['that is rejected', () => Promise.reject(new Error('no'))],
  ['that never expires later than now', () => Promise.resolve(entry('v', [], { expire: 0, revalidate: 0 }))],
  [
    'of more tags than an entry has',
    () =>
      Promise.resolve(
        entry(
          'v',
          Array.from({ length: 1_025 }, (_, i) => `t${i}`),
        ),
      ),
  ],
  ['that is too large', () => Promise.resolve(entry('x'.repeat(1_001)))],
  ['that the silo finds too large', () => Promise.resolve(entry('x'.repeat(900)))],
]) {
  test(`A value ${what} is not stored, and the next reader waits for nothing`, async () => {
    const { handler, cluster } = await start({ maxEntryBytes: 1_000, wait: 30_000 })
    cluster.maximumPayload = 500
    await handler.get('k', soft)
    await handler.set('k', pending())
    assert.equal(await handler.get('k', soft), undefined)
    assert.equal(cluster.entries.size, 0)
  })
}

test('What cannot be stored is told once, and no reader waits for those who make it', async () => {
  const { handler, silo, warnings } = await start({ maxEntryBytes: 10, wait: 10_000 })
  await handler.get('k', soft)
  for (let i = 0; i < 3; i++) {
    await handler.set('k', Promise.resolve(entry('x'.repeat(100))))
  }
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /more than 10 bytes/)
  await silo.called('POST', '/v1/entry/abandon')
  await handler.get('k', soft)
  const asked = silo.count('GET', '/v1/entry')
  await handler.get('k', soft)
  assert.equal(silo.count('GET', '/v1/entry'), asked + 1)
})

test('1,024 tags are stored, with those that the API refuses by their digests', async () => {
  const { handler, cluster } = await start()
  const tags = ['*', '', 'a,b', 'x'.repeat(2_000), '\ud800', '\n', ...Array.from({ length: 1_018 }, (_, i) => `t${i}`)]
  for (const tag of tags.slice(0, 8)) {
    await handler.get('k', soft)
    await handler.set('k', Promise.resolve(entry('v', tags)))
    const found = await handler.get('k', soft)
    assert.deepEqual(found.tags, tags)
    await handler.updateTags([tag])
    assert.equal(await handler.get('k', soft), undefined, `${tag.slice(0, 9)} reached it`)
    for (const [key] of cluster.tokens) {
      cluster.tokens.delete(key)
    }
  }
})
