import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../harness/waits.mjs'
import { another, fresh, world } from '../../harness/world.mjs'
import { assertShown, prerendered, said, shown } from '../views.mjs'

/** Calls after whose return no reader gets an older page. */
const immediate = {
  'updateTag in a server action': (at, { tag }) => at.act([['updateTag', tag]]),
  'updateTag by a form': (at, { tag }) => at.submit([['updateTag', tag]]),
  'revalidateTag(tag) in a server action': (at, { tag }) => at.act([['revalidateTag', tag]]),
  'revalidateTag(tag, { expire: 0 }) in a server action': (at, { tag }) =>
    at.act([['revalidateTag', tag, { expire: 0 }]]),
  'revalidatePath(path) in a server action': (at, { path }) => at.act([['revalidatePath', path]]),
  "revalidatePath(route, 'page') in a server action": (at, { route }) => at.act([['revalidatePath', route, 'page']]),
  "revalidatePath(route, 'layout') in a server action": (at, { route }) =>
    at.act([['revalidatePath', route, 'layout']]),
  "revalidatePath('/', 'layout') in a server action": (at) => at.act([['revalidatePath', '/', 'layout']]),
}

/** Calls whose handlers Next does not await: the response may be there before the update. */
const soon = {
  'revalidateTag(tag) in a route handler': (at, { tag }) => at.do(['revalidateTag', tag]),
  'revalidateTag(tag, { expire: 0 }) in a route handler': (at, { tag }) => at.do(['revalidateTag', tag, { expire: 0 }]),
  'revalidatePath(path) in a route handler': (at, { path }) => at.do(['revalidatePath', path]),
}

/** Calls after which the old page is served once more, while it is made anew. */
const stale = {
  "revalidateTag(tag, 'max') in a server action": (at, { tag }) => at.act([['revalidateTag', tag, 'max']]),
  'revalidateTag(tag, { expire: 60 }) in a server action': (at, { tag }) =>
    at.act([['revalidateTag', tag, { expire: 60 }]]),
  "revalidateTag(tag, 'max') in a route handler": (at, { tag }) => at.do(['revalidateTag', tag, 'max']),
}

function item(slug) {
  return { path: `/item/${slug}`, route: '/item/[slug]', tag: `item:${slug}`, name: `item:${slug}` }
}

describe('Pages without cacheComponents: updates', () => {
  for (const [call, update] of Object.entries(immediate)) {
    for (const kind of ['fetched', 'unstable']) {
      test(`${call}: a page of ${kind} that was made when it was asked for is new on both instances`, async () => {
        const { a, b, origin } = world
        const page = item(fresh(kind))
        await assertShown(page.path, 1, [a, b])
        const version = origin.change(page.name)
        assert.equal((await update(a, page)).status, 200)

        await assertShown(page.path, version)
        assert.equal(origin.count(page.name), 2)
      })
    }

    test(`${call}: a page that the build made, and that nobody has read, is new on both instances`, async () => {
      const { b, origin } = world
      const page = item(prerendered('fetched'))
      const version = origin.change(page.name)
      assert.equal((await update(b, page)).status, 200)

      await assertShown(page.path, version)
      assert.equal(origin.count(page.name), 1)
    })
  }

  for (const [call, update] of Object.entries(soon)) {
    test(`${call}: a page is new on both instances soon`, async () => {
      const { a, b, origin } = world
      const page = item(fresh('fetched'))
      await assertShown(page.path, 1, [a, b])
      const version = origin.change(page.name)
      await update(a, page)

      await until(async () => (await b.page(page.path)).value.version === version, 'B is new')
      await assertShown(page.path, version)
    })
  }

  for (const [call, revalidate] of Object.entries(stale)) {
    for (const kind of ['fetched', 'unstable']) {
      test(`${call}: a page of ${kind} is served once more, and made anew once for both instances`, async () => {
        const { a, b, origin } = world
        const page = item(fresh(kind))
        await assertShown(page.path, 1, [a, b])
        const version = origin.change(page.name)
        const hold = origin.hold(page.name)
        await revalidate(a, page)
        // The render has begun, and until it is over everyone gets what there is. Nobody waits.
        await until(async () => (await b.page(page.path)).cache === 'STALE', 'the page is stale')
        await hold.asked
        await assertShown(page.path, 1)
        hold.release()

        for (const at of [b, a])
          await until(async () => (await shown(at, page.path)).html === version, `${at.name} is new`)
        await assertShown(page.path, version)
        assert.equal(origin.count(page.name), 2)
      })
    }
  }

  test("a prefetch of a stale page does not keep it stale: the next reader's request makes it anew", async () => {
    const { a, b, origin } = world
    for (const segment of ['/_tree', '/_full']) {
      const page = item(fresh('fetched'))
      await assertShown(page.path, 1, [a, b])
      const version = origin.change(page.name)
      await a.act([['revalidateTag', page.tag, 'max']])
      // Next makes nothing anew for a prefetch that finds something.
      assert.equal((await b.data(page.path, segment)).status, 200)
      assert.equal((await a.page(page.path)).value.version, 1)

      await until(async () => (await a.page(page.path)).value.version === version, 'A is new', 5_000)
      await assertShown(page.path, version)
      assert.equal(origin.count(page.name), 2)
    }
  })

  test('an update after a revalidation, and a revalidation after an update, leave nothing old', async () => {
    const { a, b, origin } = world
    for (const steps of [
      [['revalidateTag', 'max'], ['updateTag']],
      [['updateTag'], ['revalidateTag', 'max']],
    ]) {
      const page = item(fresh('fetched'))
      await assertShown(page.path, 1, [a, b])
      const version = origin.change(page.name)
      for (const [verb, ...more] of steps) await a.act([[verb, page.tag, ...more]])

      await assertShown(page.path, version)
    }
  })

  test('a tag that many pages have makes all of them new, and no others', async () => {
    const { a, b, origin } = world
    const pages = [item(fresh('fetched')), item(fresh('unstable')), item(prerendered('unstable'))]
    const slug = prerendered('closed')
    for (const { path } of pages) await assertShown(path, 1, [a, b])
    await assertShown(`/closed/${slug}`, 1, [a, b])
    for (const { name } of pages) origin.change(name)
    origin.change(`closed:${slug}`)
    await b.act([['updateTag', 'items']])

    for (const { path } of pages) await assertShown(path, 2)
    await assertShown(`/closed/${slug}`, 1)
  })

  test('a page of a route that is closed to what the build has not made', async () => {
    const { a, b, origin } = world
    const slug = prerendered('closed')
    const version = origin.change(`closed:${slug}`)
    await a.act([['updateTag', `closed:${slug}`]])

    await assertShown(`/closed/${slug}`, version)
    for (const at of [a, b]) assert.equal((await at.page(`/closed/${fresh('none')}`)).status, 404)
  })

  test('a page without a time and without parameters, over and over', async () => {
    const { a, b, origin } = world
    for (let i = 0; i < 10; i++) {
      const version = origin.change('static-page')
      const [at, other] = i % 2 === 0 ? [a, b] : [b, a]
      await at.act([['updateTag', 'static-page']])
      await assertShown('/static', version, [other, at])
    }
  })

  test('a page that only its path can update: made by the build, made when asked for, and forced to be static', async () => {
    const { a, b, origin } = world
    const [built, asked] = [prerendered('bare'), fresh('bare')]
    for (const [path, name] of [
      [`/bare/${built}`, `bare:${built}`],
      [`/bare/${asked}`, `bare:${asked}`],
      ['/forced', 'forced'],
    ]) {
      const before = origin.version(name)
      await assertShown(path, before, [a, b])
      const version = origin.change(name)
      await assertShown(path, before)
      await a.act([['revalidatePath', path]])

      await assertShown(path, version)
    }
    const cookie = await b.page('/forced', { headers: { Cookie: 'a=1' } })
    assert.equal(cookie.value.seen, 0)
  })

  test('what a layout shows is new with every page below it, and each page alone when its own path is updated', async () => {
    const { a, b, origin } = world
    const layout = async (at, path) => Number(/data-layout="(\d+)"/.exec((await at.page(path)).html)[1])
    const slugs = [prerendered('section'), fresh('section')]
    const paths = slugs.map((slug) => `/section/${slug}`)
    for (const path of paths) await assertShown(path, 1, [a, b])
    const version = origin.change('section-layout')
    for (const slug of slugs) origin.change(`section:${slug}`)
    await b.act([['revalidatePath', paths[1]]])
    await assertShown(paths[1], 2)
    await assertShown(paths[0], 1)
    await b.act([['revalidatePath', '/section', 'layout']])

    for (const path of paths) {
      await assertShown(path, 2)
      for (const at of [a, b]) assert.equal(await layout(at, path), version)
    }
  })

  test('a page that is not found, and found again', async () => {
    const { a, b, origin } = world
    for (const slug of [prerendered('fetched'), fresh('unstable')]) {
      const { path, tag, name } = item(slug)
      const statuses = []
      for (const more of [{}, { state: 'gone' }, { state: 'here' }]) {
        origin.change(name, more)
        await a.act([['updateTag', tag]])
        for (const at of [b, a]) statuses.push((await at.page(path)).status, (await at.data(path)).status)
      }

      assert.deepEqual(statuses, [200, 200, 200, 200, 404, 404, 404, 404, 200, 200, 200, 200])
      // Not found is kept as well: each was made once.
      assert.equal(origin.count(name), 3)
    }
  })

  test('a page that redirects, and no more', async () => {
    const { a, b, origin } = world
    for (const slug of [prerendered('unstable'), fresh('fetched')]) {
      const { path, tag, name } = item(slug)
      const seen = []
      for (const more of [{ state: 'moved' }, { state: 'here' }]) {
        origin.change(name, more)
        await a.act([['updateTag', tag]])
        for (const at of [b, a]) {
          const { status, location } = await at.page(path)
          seen.push([status, location?.split(', ')[0] ?? null])
        }
      }

      assert.deepEqual(seen, [
        [307, '/static'],
        [307, '/static'],
        [200, null],
        [200, null],
      ])
      assert.equal(origin.count(name), 2)
    }
  })

  test('a page is rendered by one instance and served by the other, and one that starts later reads no file', async () => {
    const { a, b, origin } = world
    const slug = prerendered('fetched')
    const { path, tag, name } = item(slug)
    const [first, second] = [await a.page(path), await b.page(path)]
    assert.deepEqual([first.cache, second.cache], ['MISS', 'HIT'])
    const version = origin.change(name)
    await a.act([['updateTag', tag]])
    const later = await another('later')

    await assertShown(path, version, [later, b, a])
    assert.equal(origin.count(name), 2)
    await later.stop()
  })

  test('many readers at both instances after an update: one render', async () => {
    const { a, b, origin } = world
    const page = item(fresh('fetched'))
    await assertShown(page.path, 1, [a, b])
    const version = origin.change(page.name)
    await a.act([['updateTag', page.tag]])
    const reads = await Promise.all([a, b].flatMap((at) => Array.from({ length: 5 }, () => shown(at, page.path))))

    for (const seen of reads) assert.deepEqual(seen, { html: version, data: version, prefetched: version })
    assert.equal(origin.count(page.name), 2)
  })

  test('the page that an action shows again is new', async () => {
    const { a, b, origin } = world
    const name = fresh('again')
    const spec = { tags: [name] }
    assert.equal((await b.read('fetched', name, spec)).version, 1)
    origin.change(name)
    const { results } = await a.act([
      ['read', 'fetched', name, spec],
      ['updateTag', name],
      ['read', 'fetched', name, spec],
    ])

    assert.deepEqual(
      results.map(({ version }) => version),
      [1, 2],
    )
    assert.equal((await b.read('fetched', name, spec)).version, 2)
    assert.equal((await a.read('fetched', name, spec)).version, 2)
  })

  test('draft mode reads the source, and leaves what others read', async () => {
    const { a, b, origin } = world
    const page = item(fresh('fetched'))
    await assertShown(page.path, 1, [a, b])
    const { headers } = await a.act([['draft', true]])
    const cookie = headers
      .getSetCookie()
      .find((text) => text.startsWith('__prerender_bypass='))
      ?.split(';')[0]
    assert.ok(cookie)
    origin.change(page.name)

    for (const at of [a, b]) {
      const draft = await at.page(page.path, { headers: { Cookie: cookie } })
      assert.equal(draft.value.version, 2)
      assert.match(draft.headers.get('cache-control'), /no-store/)
    }
    await assertShown(page.path, 1)
  })

  test('updateTag outside of an action is refused, and changes nothing', async () => {
    const { a, b, origin } = world
    const page = item(fresh('fetched'))
    await assertShown(page.path, 1, [a, b])
    origin.change(page.name)
    await assert.rejects(a.do(['updateTag', page.tag]), /updateTag can only be called from within a Server Action/)

    await assertShown(page.path, 1)
  })
})

/** Tags that are not as others, each as a page has it in its slug. */
const odd = {
  'with a comma': 'a,b',
  'with an accent': 'hé',
  'of an emoji': '🍕',
  'with a space at its end': 'a ',
  'with a percent sign': '100%25',
  'of 100 letters of which each is encoded': 'é'.repeat(100),
}

describe('Pages without cacheComponents: tags that are not as others', () => {
  for (const [what, text] of Object.entries(odd)) {
    for (const call of ['updateTag', 'revalidatePath']) {
      test(`a tag ${what}, and a path: ${call}`, async () => {
        const { a, b, origin } = world
        const slug = `${fresh('fetched')}-${text}`
        const [name, path] = [`item:${slug}`, `/item/${encodeURIComponent(slug)}`]
        await assertShown(path, 1, [a, b])
        const version = origin.change(name)
        // Next.js names a path by what it says, not by how that is encoded.
        await a.act([[call, call === 'updateTag' ? name : `/item/${slug}`]])

        await assertShown(path, version)
        assert.equal(origin.count(name), 2)
      })
    }
  }

  test('a path with a comma that is not encoded', async () => {
    const { a, b, origin } = world
    const slug = `${fresh('bare')},x`
    await assertShown(`/bare/${slug}`, 1, [a, b])
    const version = origin.change(`bare:${slug}`)
    await b.act([['revalidatePath', `/bare/${slug}`]])

    await assertShown(`/bare/${slug}`, version)
  })
})

describe('Route handlers without cacheComponents', () => {
  test('one that the build has made is new on both instances after the tag of its fetch was updated', async () => {
    const { a, b, origin } = world
    const version = origin.change('stat')
    await b.act([['updateTag', 'stat']])

    for (const at of [a, b]) assert.equal((await said(at, '/api/stat')).version, version)
    assert.equal(origin.count('stat'), 1)
  })

  for (const [call, args] of Object.entries({
    'its path': (slug) => [`/api/data/${slug}`],
    'the layout of its route': () => ['/api/data/[slug]', 'layout'],
    'all layouts': () => ['/', 'layout'],
  })) {
    test(`one that only paths can update is new on both instances after revalidatePath of ${call}`, async () => {
      const { a, b, origin } = world
      for (const slug of [prerendered('data'), fresh('data')]) {
        const path = `/api/data/${slug}`
        for (const at of [a, b]) assert.equal((await said(at, path)).version, 1)
        const version = origin.change(`data:${slug}`)
        await a.act([['revalidatePath', ...args(slug)]])

        for (const at of [b, a]) assert.equal((await said(at, path)).version, version)
        assert.equal(origin.count(`data:${slug}`), 2)
      }
    })
  }

  test("one is not reached by its path as a page's, which it is not", async () => {
    const { a, b, origin } = world
    const slug = fresh('data')
    for (const at of [a, b]) await said(at, `/api/data/${slug}`)
    origin.change(`data:${slug}`)
    await a.act([['revalidatePath', '/api/data/[slug]', 'page']])

    for (const at of [b, a]) assert.equal((await said(at, `/api/data/${slug}`)).version, 1)
  })

  test('its status is kept with it', async () => {
    const { a, b, origin } = world
    const slug = fresh('data')
    origin.change(`data:${slug}`, { state: 'gone' })
    const statuses = []
    for (const at of [a, b]) statuses.push((await at.fetch(`/api/data/${slug}`)).status)

    assert.deepEqual(statuses, [404, 404])
    assert.equal(origin.count(`data:${slug}`), 1)
  })

  test('a sitemap is new on both instances after the tag of its fetch was updated', async () => {
    const { a, b, origin } = world
    const version = origin.change('sitemap')
    await a.act([['updateTag', 'sitemap']])

    for (const at of [b, a]) assert.match((await at.page('/sitemap.xml')).html, new RegExp(`version/${version}<`))
  })
})
