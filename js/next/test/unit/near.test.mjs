import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCacheHandler } from '@orleans-tag-cache/next'
import { FakeSession } from '../../../client/test/near/fake-session.mjs'
import { holdTime } from '../../../test/clock.mjs'
import { entry, soft, text } from '../fixture.mjs'

holdTime()

test('With near, what this process has made and read is served from its memory until it is updated', async () => {
  const silo = await FakeSession.start()
  const handler = createCacheHandler({ url: silo.url, near: true, wait: 0, onWarning: () => {} })
  // The first read opens the session, and does not wait for it.
  assert.equal(await handler.get('k', soft), undefined)
  await silo.next(1)
  await silo.heard()
  const reading = handler.get('k', soft)
  silo.miss((await silo.next(2)).request, 'token')
  assert.equal(await reading, undefined)
  await handler.set('k', Promise.resolve(entry('v', ['t'])))
  const commit = await silo.next(3)
  assert.ok(commit.body.includes('token'))
  silo.stored(commit.request)
  await handler.idle()

  // It was stored without soft tags: they are named to the silo before a hit counts for a reader who has them.
  const asking = handler.get('k', soft)
  const ask = await silo.next(2)
  silo.entry(ask.request, { value: contentOf(commit.body), tags: ['t'] })
  assert.equal(await text(await asking), 'v')
  assert.equal(await text(await handler.get('k', soft)), 'v')
  assert.equal(await text(await handler.get('k', soft)), 'v')
  assert.equal(silo.frames.filter((each) => each.kind === 2).length, 0)

  silo.push(1, [soft[0]])
  await silo.next(6)
  const again = handler.get('k', soft)
  silo.miss((await silo.next(2)).request)
  assert.equal(await again, undefined)
  silo.stop()
})

/** The value in the body of a `commit`: key, token, media type, a life in seconds and tags come before it. */
function contentOf(body) {
  let at = 0
  const skipText = () => {
    at += 2 + body.readUInt16BE(at)
  }
  skipText()
  skipText()
  skipText()
  at += 1 + 3 * 8
  const tags = body.readUInt16BE(at)
  at += 2
  for (let i = 0; i < tags; i++) {
    skipText()
  }
  return body.subarray(at)
}

test('Without near nothing is kept, and each read goes over the connection', async () => {
  const silo = await FakeSession.start()
  const handler = createCacheHandler({ url: silo.url, wait: 0, onWarning: () => {} })
  assert.equal(await handler.get('k', soft), undefined)
  await silo.next(1)
  await silo.heard()
  assert.equal(silo.keeps, false)
  const reading = handler.get('k', soft)
  silo.miss((await silo.next(2)).request, 'token')
  assert.equal(await reading, undefined)
  await handler.set('k', Promise.resolve(entry('v', ['t'])))
  const commit = await silo.next(3)
  silo.stored(commit.request)
  await handler.idle()
  for (let i = 0; i < 3; i++) {
    const again = handler.get('k', soft)
    // Even of a silo that would let it be kept.
    silo.entry((await silo.next(2)).request, { value: contentOf(commit.body), tags: ['t'] })
    assert.equal(await text(await again), 'v')
  }
  silo.stop()
})
