import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createLegacyHandler } from '@orleans-tag-cache/next'
import { holdTime, isPending } from '../../../test/clock.mjs'
import { clock, soft, starter } from '../fixture.mjs'

const time = holdTime()
const start = starter()

const folder = mkdtempSync(join(tmpdir(), 'otc-'))
for (const build of ['one', 'two']) {
  mkdirSync(join(folder, build, 'server'), { recursive: true })
  writeFileSync(join(folder, build, 'BUILD_ID'), `${build}\n`)
}
after(() => rmSync(folder, { recursive: true }))

const one = { serverDistDir: join(folder, 'one', 'server') }
const two = { serverDistDir: join(folder, 'two', 'server') }

const page = (tags = 'a,_N_T_/x', html = '<p>') => ({
  kind: 'APP_PAGE',
  html,
  rscData: Buffer.from('rsc'),
  postponed: undefined,
  headers: { 'x-next-cache-tags': tags },
  status: 200,
  segmentData: new Map([['/_tree', Buffer.from('tree')]]),
})
const fetched = (body = 'aGk=', revalidate = 60) => ({
  kind: 'FETCH',
  data: { headers: {}, body, status: 200, url: 'https://a/' },
  revalidate,
})
const getPage = { kind: 'APP_PAGE', isFallback: false }
const setPage = (...given) => {
  const [revalidate, expire] = given.length === 0 ? [60, 3_600] : given
  return { cacheControl: { revalidate, expire }, isFallback: false }
}
const getFetch = (tags = [], softTags = soft) => ({
  kind: 'FETCH',
  tags,
  softTags,
  fetchUrl: 'https://a/',
  revalidate: 60,
})
const setFetch = (tags = []) => ({ fetchCache: true, tags, fetchUrl: 'https://a/' })

/** What Next.js 16 makes of an entry of a page: `true` is stale, -1 is over. */
function judge({ lastModified, cacheControl }) {
  const now = clock()
  if (typeof cacheControl.expire === 'number' && lastModified + cacheControl.expire * 1_000 < now) {
    return -1
  }
  return cacheControl.revalidate !== false && lastModified + cacheControl.revalidate * 1_000 < now
}

const isFetchStale = ({ lastModified, value }, asked) => (clock() - lastModified) / 1_000 > (asked || value.revalidate)

for (const [kind, value, ask, store] of [
  ['APP_PAGE', page(), getPage, setPage()],
  [
    'APP_ROUTE',
    { kind: 'APP_ROUTE', body: Buffer.from('{}'), status: 200, headers: { 'x-next-cache-tags': 'a' } },
    { kind: 'APP_ROUTE', isFallback: false },
    setPage(),
  ],
  [
    'PAGES',
    { kind: 'PAGES', html: '<p>', pageData: { pageProps: { a: [1, null] } }, headers: undefined, status: undefined },
    { kind: 'PAGES', isFallback: false },
    setPage(),
  ],
  [
    'REDIRECT',
    { kind: 'REDIRECT', props: { pageProps: { __N_REDIRECT: '/x', __N_REDIRECT_STATUS: 307 } } },
    { kind: 'PAGES', isFallback: false },
    setPage(),
  ],
  ['null, not found', null, { kind: 'PAGES', isFallback: false }, setPage()],
  [
    'IMAGE',
    { kind: 'IMAGE', etag: 'e', buffer: Buffer.from('img'), extension: 'webp', upstreamEtag: 'u' },
    { kind: 'IMAGE', isFallback: false },
    { kind: 'IMAGE', cacheControl: { revalidate: 60 } },
  ],
  ['FETCH', fetched(), getFetch(), setFetch(['t'])],
]) {
  test(`A value of the kind ${kind} comes back on another instance`, async () => {
    const a = await start()
    const b = await start({}, a.cluster)
    const first = new a.Legacy(one)
    assert.equal(await first.get('k', ask), null)
    await first.set('k', value, store)
    const found = await new b.Legacy(one).get('k', ask)
    assert.deepEqual(found.value, value)
    assert.ok(found.lastModified <= clock())
    if (kind !== 'FETCH') {
      assert.deepEqual(found.cacheControl, store.cacheControl)
      assert.equal(judge({ ...found }), false)
    }
  })
}

test('A page is read by its own build and deployment; what fetch brought by every one', async () => {
  const { Legacy } = await start()
  const instance = new Legacy(one)
  await instance.get('/k', getPage)
  await instance.set('/k', page(), setPage())
  await instance.get('f', getFetch())
  await instance.set('f', fetched(), setFetch())
  const other = new Legacy(two)
  assert.equal(await other.get('/k', getPage), null)
  assert.notEqual(await other.get('f', getFetch()), null)
  assert.notEqual(await new Legacy(one).get('/k', getPage), null)
})

test('Without a build id pages are not cached, which is told, and fetch is', async () => {
  const { Legacy, warnings } = await start()
  const instance = new Legacy({ serverDistDir: join(folder, 'none', 'server') })
  assert.equal(await instance.get('/k', getPage), null)
  await instance.set('/k', page(), setPage())
  assert.equal(await new Legacy({}).get('/k', getPage), null)
  assert.equal(warnings.length, 1)
  await instance.get('f', getFetch())
  await instance.set('f', fetched(), setFetch())
  assert.notEqual(await instance.get('f', getFetch()), null)
})

test('An update of any tag of a page expires it; the tags of the call count too', async () => {
  const { Legacy } = await start()
  for (const tag of ['a', '_N_T_/x', 'of the call']) {
    const instance = new Legacy(one)
    await instance.get('/k', getPage)
    await instance.set('/k', page(), { ...setPage(), tags: ['of the call'] })
    assert.notEqual(await instance.get('/k', getPage), null)
    await instance.revalidateTag(tag)
    assert.equal(await new Legacy(one).get('/k', getPage), null, tag)
  }
})

test('An update of a tag of fetch expires it: of its own, of the reader, and of the route', async () => {
  const { Legacy } = await start()
  for (const tag of ['own', 'of the reader', soft[0]]) {
    const instance = new Legacy(one)
    const ask = getFetch(['of the reader'])
    await instance.get('f', ask)
    await instance.set('f', fetched(), setFetch(['own']))
    assert.notEqual(await instance.get('f', ask), null)
    await instance.revalidateTag([tag])
    assert.equal(await new Legacy(one).get('f', ask), null, tag)
    if (tag !== 'own') {
      assert.notEqual(await new Legacy(one).get('f', getFetch([], ['_N_T_/y'])), null)
    }
  }
})

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

test('A page that was begun before an update is not stored, with and without a token of its own', async () => {
  const { Legacy, cluster } = await start()
  const instance = new Legacy(one)
  await instance.get('/k', getPage)
  const unasked = new Legacy(one)
  await instance.revalidateTag('a')
  await instance.set('/k', page(), setPage())
  await unasked.set('/k', page(), setPage())
  assert.equal(cluster.entries.size, 0)
  const asked = new Legacy(one)
  await asked.get('/other', getPage)
  const later = new Legacy(one)
  await later.set('/k', page(), setPage())
  assert.equal(cluster.entries.size, 1)
})

test('The token of another request is not used', async () => {
  const { Legacy, silo, cluster } = await start()
  const early = new Legacy(one)
  await early.revalidateTag('a')
  const late = new Legacy(one)
  await late.get('/k', getPage)
  await early.set('/k', page(), setPage())
  assert.equal(cluster.entries.size, 0)
  assert.ok(!silo.calls.some((c) => c.method === 'PUT'))
})

test('Of two reads of one request, no value counts as begun later than the first', async () => {
  const { Legacy, cluster } = await start()
  const instance = new Legacy(one)
  await instance.get('f', getFetch(['a']))
  await new Legacy(one).revalidateTag('a')
  // The second got a token after the update; what the first began before it is ready only now.
  await instance.get('f', getFetch(['a']))
  await instance.set('f', fetched('b2xk'), setFetch(['a']))
  assert.equal(cluster.entries.size, 0)
  await instance.set('f', fetched('bmV3'), setFetch(['a']))
  assert.equal(cluster.entries.size, 0)
  await instance.get('f', getFetch(['a']))
  await instance.set('f', fetched('bmV3'), setFetch(['a']))
  assert.equal(cluster.entries.size, 1)
})

test('What Next.js finds stale, and the silo fresh, is begun after the first read, and has no later token', async () => {
  const { Legacy, cluster } = await start()
  const before = new Legacy(one)
  await before.get('f', getFetch(['a']))
  await before.set('f', fetched('djE='), setFetch(['a']))
  for (const isMadeElsewhere of [false, true]) {
    // The first reader asks for a newer one than there is, and begins to make it.
    const instance = new Legacy(one)
    assert.notEqual(await instance.get('f', { ...getFetch(['a']), revalidate: 0.000_001 }), null)
    await new Legacy(one).revalidateTag('a')
    if (isMadeElsewhere) {
      const other = new Legacy(one)
      await other.get('f', getFetch(['a']))
      await other.set('f', fetched('djI='), setFetch(['a']))
    }
    const kept = cluster.entries.get([...cluster.entries.keys()][0])
    assert.equal((await instance.get('f', getFetch(['a']))) === null, !isMadeElsewhere)
    await instance.set('f', fetched('b2xk'), setFetch(['a']))
    assert.equal(cluster.entries.get([...cluster.entries.keys()][0]), kept)
    const next = new Legacy(one)
    if ((await next.get('f', getFetch(['a']))) === null) {
      // Nobody waits for a token that nobody uses.
      await next.set('f', fetched('bmV3'), setFetch(['a']))
      assert.notEqual(await new Legacy(one).get('f', getFetch(['a'])), null)
    }
  }
})

test('A page that is rendered on demand replaces what another instance stored just before', async () => {
  const { Legacy, cluster } = await start()
  const other = await start({}, cluster)
  const onDemand = new Legacy(one)
  const Other = createLegacyHandler(other.options)
  const elsewhere = new Other(one)
  await elsewhere.get('/k', getPage)
  await elsewhere.set('/k', page('a', 'old'), setPage())
  await onDemand.get('/k', getPage)
  await onDemand.set('/k', page('a', 'new'), setPage())
  assert.equal((await new Legacy(one).get('/k', getPage)).value.html, 'new')
})

test('What Next.js stores again after a failure is not stored: it would be new', async () => {
  const { Legacy, silo } = await start()
  const first = new Legacy(one)
  await first.get('/k', getPage)
  await first.set('/k', page('a'), setPage())
  await first.revalidateTag('a', { expire: 60 })
  const instance = new Legacy(one)
  const { value } = await instance.get('/k', getPage)
  const puts = silo.count('PUT', '/v1/entry')
  await instance.set('/k', value, setPage(3, 3_600))
  assert.equal(silo.count('PUT', '/v1/entry'), puts)
})

test('A page that the silo does not take holds its request up for a second, and on demand until it is known', async () => {
  const { Legacy, silo } = await start({ timeout: 100 })
  silo.intercept = (request) => (request.method === 'PUT' ? new Promise(() => {}) : undefined)
  for (const [i, [context, wait]] of [
    [one, 1_000],
    [{ ...one, _requestHeaders: { 'x-prerender-revalidate': 'id' } }, 5_000],
  ].entries()) {
    const instance = new Legacy(context)
    await instance.get('/k', getPage)
    const storing = instance.set('/k', page(), setPage())
    await silo.called('PUT', '/v1/entry', i + 1)
    await time.pass(wait - 1)
    assert.ok(await isPending(storing))
    await time.pass(1)
    await storing
  }
})

test('Nobody waits for a page that is prerendered in part: Next.js asks for it, and makes its shell', async () => {
  const { Legacy } = await start({ wait: 30_000 })
  const ask = { ...getPage, isRoutePPREnabled: true }
  assert.equal(await new Legacy(one).get('/k', ask), null)
  assert.equal(await new Legacy(one).get('/k', ask), null)
})

test('A page that is not to live is not stored, nor one that the frame does not know', async () => {
  const { Legacy, cluster, silo, warnings } = await start()
  const instance = new Legacy(one)
  for (const [value, control] of [
    [page(), setPage(0, 60)],
    [{ ...page(), html: new Date(0) }, setPage()],
  ]) {
    await instance.get('/k', getPage)
    const before = silo.count('POST', '/v1/entry/abandon')
    await instance.set('/k', value, control)
    await silo.called('POST', '/v1/entry/abandon', before + 1)
  }
  assert.equal(cluster.entries.size, 0)
  assert.equal(warnings.length, 1)
})

test('A silo that does not answer is a miss', async () => {
  const { Legacy, silo } = await start({ timeout: 100 })
  silo.intercept = () => new Promise(() => {})
  for (const [i, ask] of [
    ['/k', getPage],
    ['f', getFetch()],
  ].entries()) {
    const reading = new Legacy(one).get(...ask)
    await silo.called('GET', '/v1/entry', i + 1)
    await time.pass(100)
    assert.equal(await reading, null)
  }
  new Legacy(one).resetRequestCache()
})

test('Too many implicit tags are told, and not asked for', async () => {
  const { Legacy, silo, warnings } = await start()
  const many = Array.from({ length: 129 }, (_, i) => `t${i}`)
  assert.equal(await new Legacy(one).get('f', getFetch([], many)), null)
  assert.equal(await new Legacy(one).get('f', getFetch(['x'.repeat(250)], Array(40).fill('y'.repeat(200)))), null)
  assert.equal(silo.calls.length, 0)
  assert.equal(warnings.length, 1)
})
