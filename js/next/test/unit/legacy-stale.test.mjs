import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { clock, starter } from '../fixture.mjs'
import { fetched, getFetch, getPage, isFetchStale, judge, one, page, setFetch, setPage } from '../legacy.mjs'

holdTime()
const start = starter()

for (const [what, revalidate, expire, make] of [
  ['by a revalidation', 60, 3_600, ({ handler }) => handler.updateTags(['a'], { expire: 600 })],
  [
    'by a revalidation, though it has no end',
    false,
    undefined,
    ({ handler }) => handler.updateTags(['a'], { expire: 600 }),
  ],
  [
    'by a revalidation, though it would be over as soon as stale',
    60,
    60,
    ({ handler }) => handler.updateTags(['a'], { expire: 600 }),
  ],
  ['by a revalidation, with no time but a second', 1, 2, ({ handler }) => handler.updateTags(['a'], { expire: 600 })],
  [
    'by its age',
    60,
    3_600,
    ({ cluster }) => {
      cluster.offset = 61_000
    },
  ],
]) {
  test(`A page that is stale ${what} is so for one reader, and none waits`, async () => {
    const started = await start()
    const { Legacy, cluster } = started
    const writer = new Legacy(one)
    await writer.get('/k', getPage)
    await writer.set('/k', page(), setPage(revalidate, expire))
    await make(started)
    const judged = []
    for (let i = 0; i < 3; i++) {
      judged.push(judge(await new Legacy(one).get('/k', getPage)))
    }
    assert.deepEqual(judged, [true, false, false])
    cluster.tokens.clear()
    const refresher = new Legacy(one)
    assert.equal(judge(await refresher.get('/k', getPage)), true)
    await refresher.set('/k', page('a', '<b>'), setPage(revalidate, expire))
    const found = await new Legacy(one).get('/k', getPage)
    assert.equal(found.value.html, '<b>')
    assert.equal(judge(found), false)
    assert.deepEqual(found.cacheControl, { revalidate, expire })
  })
}

test('A page that is fresh is not stale a moment later, when Next.js looks at it', async () => {
  const { Legacy, cluster } = await start()
  const writer = new Legacy(one)
  await writer.get('/k', getPage)
  await writer.set('/k', page(), setPage())
  cluster.offset = 59_900
  const { lastModified, cacheControl } = await new Legacy(one).get('/k', getPage)
  assert.ok(lastModified + cacheControl.revalidate * 1_000 > clock() + 10_000)
  cluster.offset = 60_100
  assert.equal(judge(await new Legacy(one).get('/k', getPage)), true)
})

for (const [what, headers, isPrefetch] of [
  ['A prefetch of the router', { RSC: '1', 'Next-Router-Prefetch': '1' }, true],
  [
    'A prefetch of a segment',
    { RSC: '1', 'Next-Router-Prefetch': '1', 'Next-Router-Segment-Prefetch': '/_tree' },
    true,
  ],
  ['A prefetch of the older router', { Purpose: 'prefetch' }, true],
  ['A prefetch that renders what it finds stale', { RSC: '1', 'Next-Router-Prefetch': '2' }, false],
  ['A reader', {}, false],
]) {
  test(`${what} ${isPrefetch ? 'does not keep' : 'keeps'} others from rendering a stale page anew`, {
    timeout: 20_000,
  }, async () => {
    const { Legacy, silo } = await start()
    const writer = new Legacy(one)
    await writer.get('/k', getPage)
    await writer.set('/k', page(), setPage())
    await writer.revalidateTag('a', { expire: 600 })
    const given = await requestHeaders(headers)
    // As Next.js does before it makes a handler.
    for (const name of Object.keys(given)) {
      if (name === 'rsc' || name.startsWith('next-router')) {
        delete given[name]
      }
    }
    const abandoned = silo.count('POST', '/v1/entry/abandon')
    const found = await new Legacy({ ...one, _requestHeaders: given }).get('/k', getPage)
    assert.equal(found.value.html, '<p>')
    if (isPrefetch) {
      await silo.called('POST', '/v1/entry/abandon', abandoned + 1)
    }
    assert.equal(judge(await new Legacy(one).get('/k', getPage)), isPrefetch)
  })
}

/** What a server of Node.js gets as the headers of a request with these. */
async function requestHeaders(headers) {
  let got
  const server = http.createServer((request, response) => {
    got = request.headers
    response.end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  await fetch(`http://127.0.0.1:${server.address().port}`, { headers })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return got
}

test('fetch that is stale is old enough to be seen as stale, whatever its time', async () => {
  const { Legacy, handler } = await start()
  for (const revalidate of [1, 60, 31_536_000]) {
    const instance = new Legacy(one)
    const ask = { ...getFetch(), revalidate: undefined }
    await instance.get(`f${revalidate}`, ask)
    await instance.set(`f${revalidate}`, fetched('aGk=', revalidate), setFetch(['t']))
    assert.equal(isFetchStale(await instance.get(`f${revalidate}`, ask)), false)
    await handler.updateTags(['t'], { expire: 600 })
    assert.equal(isFetchStale(await new Legacy(one).get(`f${revalidate}`, ask)), true)
    assert.equal(isFetchStale(await new Legacy(one).get(`f${revalidate}`, { ...ask, revalidate: 10 }), 10), true)
  }
})
