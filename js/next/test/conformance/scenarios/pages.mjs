import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { after, until } from '../harness/waits.mjs'
import { another, fresh, world } from '../harness/world.mjs'

/** The version that a page shows, at an instance. */
async function version(at, path) {
  return (await at.page(path)).value?.version
}

describe('Pages that are kept', () => {
  test('a prerendered page is new on both instances at the first read after the update', async () => {
    const { a, b, origin } = world
    const before = [await version(a, '/static'), await version(b, '/static')]
    const made = origin.change('static-page')
    await a.act([['updateTag', 'static-page']])

    assert.deepEqual(before, [1, 1])
    assert.equal(await version(b, '/static'), made)
    assert.equal(await version(a, '/static'), made)
    assert.equal((await b.page('/static')).cache, 'HIT')
  })

  test('a prerendered page is new for who looks for it again and again', async () => {
    const { a, b, origin } = world
    for (let i = 0; i < 10; i++) {
      const made = origin.change('static-page')
      const [at, other] = i % 2 === 0 ? [a, b] : [b, a]
      await at.act([['updateTag', 'static-page']])
      assert.equal(await version(other, '/static'), made)
      assert.equal(await version(at, '/static'), made)
    }
  })

  test('a prerendered page that is revalidated is stale once, and then new on both instances', async () => {
    const { a, b, origin } = world
    const old = [await version(a, '/static-max'), await version(b, '/static-max')]
    const made = origin.change('static-max')
    await a.act([['revalidateTag', 'static-max', 'max']])

    assert.deepEqual([await version(b, '/static-max')], [old[1]])
    await until(async () => (await version(b, '/static-max')) === made, 'B is new')
    await until(async () => (await version(a, '/static-max')) === made, 'A is new')
  })

  test('a prerendered page is new after its path was updated', async () => {
    const { a, b, origin } = world
    await version(a, '/static-path')
    await version(b, '/static-path')
    const made = origin.change('static-path')
    await a.act([['revalidatePath', '/static-path']])

    assert.equal(await version(b, '/static-path'), made)
    assert.equal(await version(a, '/static-path'), made)
  })

  test('a page of a dynamic route: made by the build, and when it is asked for', async () => {
    const { a, b, origin } = world
    for (const slug of ['first', fresh('slug')]) {
      await version(a, `/blog/${slug}`)
      const start = performance.now()
      await version(b, `/blog/${slug}`)
      // Next asks for the page itself as well, which is not made.
      assert.ok(performance.now() - start < 3_000, 'B waited for what nobody makes')
      const made = origin.change(`blog:${slug}`)
      await a.act([['updateTag', `blog:${slug}`]])

      assert.equal(await version(b, `/blog/${slug}`), made, slug)
      assert.equal(await version(a, `/blog/${slug}`), made, slug)
    }
  })

  test('a page made when it is asked for is rendered by one instance and served by the other', async () => {
    const { a, b, origin } = world
    const slug = fresh('slug')
    const first = await a.page(`/missing/${slug}`)
    const second = await b.page(`/missing/${slug}`)

    assert.deepEqual([first.status, first.cache], [200, 'MISS'])
    assert.deepEqual([second.status, second.cache], [200, 'HIT'])
    assert.deepEqual(second.value, first.value)
    assert.equal(origin.count(`missing:${slug}`), 1)
  })

  test('a page that is not found, and found again', async () => {
    const { a, b, origin } = world
    const slug = fresh('slug')
    const [name, path] = [`missing:${slug}`, `/missing/${slug}`]
    const statuses = []
    for (const more of [{}, { state: 'gone' }, { state: 'here' }]) {
      origin.change(name, more)
      await a.act([['updateTag', name]])
      statuses.push((await b.page(path)).status, (await a.page(path)).status)
    }

    assert.deepEqual(statuses, [200, 200, 404, 404, 200, 200])
  })

  test('a page that redirects, and no more', async () => {
    const { a, b, origin } = world
    const slug = fresh('slug')
    const [name, path] = [`moved:${slug}`, `/moved/${slug}`]
    const seen = []
    for (const more of [{ state: 'moved' }, { state: 'here' }]) {
      origin.change(name, more)
      await a.act([['updateTag', name]])
      for (const at of [b, a]) {
        const { status, location } = await at.page(path)
        // On a miss Next itself says where to go twice.
        seen.push([status, location?.split(', ')[0] ?? null])
      }
    }

    assert.deepEqual(seen, [
      [307, '/static'],
      [307, '/static'],
      [200, null],
      [200, null],
    ])
  })

  test('a prerendered route handler', async () => {
    const { a, b, origin } = world
    const stat = async (at) => (await (await at.fetch('/api/stat')).json()).version
    await stat(a)
    await stat(b)
    const made = origin.change('stat')
    await a.act([['updateTag', 'stat']])

    assert.equal(await stat(b), made)
    assert.equal(await stat(a), made)
  })

  test('the data of a page, as the router in browsers asks for it, is of one version with the page', async () => {
    const { a, b, origin } = world
    const slug = fresh('slug')
    await a.page(`/missing/${slug}`)
    origin.change(`missing:${slug}`)
    await a.act([['updateTag', `missing:${slug}`]])
    const html = await b.page(`/missing/${slug}`)
    const data = await (await a.fetch(`/missing/${slug}`, { headers: { RSC: '1' }, redirect: 'follow' })).text()

    assert.equal(html.value.version, 2)
    assert.match(decodeURIComponent(data), /"version":2/)
  })

  test('the older router: a page is shared, and new on both instances after res.revalidate', async () => {
    const { a, b, origin } = world
    const slug = fresh('slug')
    const first = await a.page(`/old/${slug}`)
    const second = await b.page(`/old/${slug}`)
    assert.deepEqual(second.value, first.value)
    assert.equal(origin.count(`old:${slug}`), 1)

    const made = origin.change(`old:${slug}`)
    assert.equal((await a.fetch(`/api/revalidate?path=/old/${slug}`)).status, 200)
    assert.equal(await version(a, `/old/${slug}`), made)
    assert.equal(await version(b, `/old/${slug}`), made)
  })

  test('the older router: a page that the build made is new on both instances after res.revalidate', async () => {
    const { a, b, origin } = world
    await version(b, '/old/first')
    const made = origin.change('old:first')
    assert.equal((await a.fetch('/api/revalidate?path=/old/first')).status, 200)

    assert.equal(await version(a, '/old/first'), made)
    assert.equal(await version(b, '/old/first'), made)
  })

  test('the older router: not found, a redirect, and a page again', async () => {
    const { a, b, origin } = world
    const slug = fresh('slug')
    const seen = []
    for (const state of ['gone', 'moved', 'here']) {
      origin.change(`old:${slug}`, { state })
      if (seen.length > 0) await a.fetch(`/api/revalidate?path=/old/${slug}`)
      for (const at of [a, b]) seen.push((await at.page(`/old/${slug}`)).status)
    }

    assert.deepEqual(seen, [404, 404, 307, 307, 200, 200])
  })

  test('the older router: a page is made anew after its time', async () => {
    const { a, b, origin } = world
    const slug = fresh('quick')
    await version(a, `/old/${slug}`)
    const made = origin.change(`old:${slug}`)
    await after(1_100)
    await until(async () => (await version(b, `/old/${slug}`)) === made, 'B is new')
    await until(async () => (await version(a, `/old/${slug}`)) === made, 'A is new')
  })

  test('another deployment shares fetched data and no pages', async () => {
    const { a, origin } = world
    const later = await another('later', { buildId: 'conformance-build-b' })
    const [slug, name] = [fresh('slug'), fresh('fetched')]
    const page = await a.page(`/missing/${slug}`)
    const data = await a.read('fetched', name, { tags: [name] })
    const own = await later.page(`/missing/${slug}`)

    assert.deepEqual(await later.read('fetched', name, { tags: [name] }), data)
    assert.equal(origin.count(name), 1)
    assert.deepEqual([page.cache, own.cache], ['MISS', 'MISS'])
    assert.match(own.html, /conformance-build-b/)
    assert.doesNotMatch(own.html, /conformance-build-a/)

    // An update reaches both.
    origin.change(name)
    origin.change(`missing:${slug}`)
    await later.act([['updateTag', name, `missing:${slug}`]])
    assert.equal((await a.read('fetched', name, { tags: [name] })).version, 2)
    assert.equal((await later.read('fetched', name, { tags: [name] })).version, 2)
    assert.equal(await version(a, `/missing/${slug}`), 2)
    assert.equal(await version(later, `/missing/${slug}`), 2)
    await later.stop()
  })
})
