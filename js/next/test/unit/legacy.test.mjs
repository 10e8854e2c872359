import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLegacyHandler } from '@orleans-tag-cache/next'
import { holdTime, isPending } from '../../../test/clock.mjs'
import { clock, soft, starter } from '../fixture.mjs'
import { fetched, folder, getFetch, getPage, judge, one, page, setFetch, setPage, two } from '../legacy.mjs'

const time = holdTime()
const start = starter()

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
