import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../harness/waits.mjs'
import { another, fresh, world } from '../../harness/world.mjs'
import { assertShown, prerendered } from '../views.mjs'

const routes = {
  'a page of fetch, by its tag': { kind: 'fetched', route: 'item', update: (slug) => ['updateTag', `item:${slug}`] },
  'a page of unstable_cache, by its tag': {
    kind: 'unstable',
    route: 'item',
    update: (slug) => ['updateTag', `item:${slug}`],
  },
  'a page of fetch, by its path': {
    kind: 'fetched',
    route: 'item',
    update: (slug) => ['revalidatePath', `/item/${slug}`],
  },
  'a page without tags, by its path': {
    kind: 'bare',
    route: 'bare',
    update: (slug) => ['revalidatePath', `/bare/${slug}`],
  },
}

describe('Pages without cacheComponents: renders that an update overtakes', () => {
  for (const [what, { kind, route, update }] of Object.entries(routes)) {
    test(`${what}: what was begun before is given to nobody who comes after it at another instance, and not kept`, async () => {
      const { a, b, origin } = world
      for (const slug of [fresh(kind), prerendered(kind)]) {
        const [name, path] = [`${route}:${slug}`, `/${route}/${slug}`]
        const hold = origin.hold(name)
        const waiting = a.page(path)
        await hold.asked
        const version = origin.change(name)
        assert.equal((await b.act([update(slug)])).status, 200)
        // What A hears of the cluster from now on does not make newer what it has begun.
        await a.read('fetched', fresh('meanwhile'))
        // B waits for A, who has set out to make it, and then learns that what A made is no longer good; or makes its own at once.
        const after = b.page(path)
        hold.release()

        assert.equal((await waiting).value.version, version - 1)
        assert.equal((await after).value.version, version)
        await assertShown(path, version)
      }
    })
  }

  test('what was begun before a revalidation is stale', async () => {
    const { a, b, origin } = world
    const slug = fresh('fetched')
    const [name, path] = [`item:${slug}`, `/item/${slug}`]
    const hold = origin.hold(name)
    const waiting = a.page(path)
    await hold.asked
    const version = origin.change(name)
    await b.act([['revalidateTag', name, 'max']])
    hold.release()

    assert.equal((await waiting).value.version, 1)
    for (const at of [b, a])
      await until(async () => (await at.page(path)).value.version === version, `${at.name} is new`)
    await assertShown(path, version)
  })

  test('a render in the background that an update overtakes is not kept', async () => {
    const { a, b, origin } = world
    const slug = fresh('fetched')
    const [name, path] = [`item:${slug}`, `/item/${slug}`]
    await assertShown(path, 1, [a, b])
    origin.change(name)
    await b.act([['revalidateTag', name, 'max']])
    const hold = origin.hold(name)
    assert.equal((await a.page(path)).value.version, 1)
    await hold.asked
    const version = origin.change(name)
    await b.act([['updateTag', name]])
    await a.read('fetched', fresh('meanwhile'))
    assert.equal((await b.page(path)).value.version, version)
    hold.release()

    await assertShown(path, version)
  })

  test('a reader who comes during a render waits for it at both instances', async () => {
    const { a, b, origin } = world
    const slug = fresh('fetched')
    const [name, path] = [`item:${slug}`, `/item/${slug}`]
    const hold = origin.hold(name)
    const first = a.page(path)
    await hold.asked
    const others = [b.page(path), a.page(path), b.data(path), a.data(path, '/_full')]
    hold.release()

    for (const { value } of await Promise.all([first, ...others])) assert.equal(value.n, 1)
    assert.equal(origin.count(name), 1)
  })

  test('another deployment has pages of its own; fetched data are shared, and updates reach both', async () => {
    const { a, b, origin } = world
    const later = await another('other', { buildId: 'conformance-build-b' })
    for (const slug of [prerendered('fetched'), fresh('fetched')]) {
      const [name, path] = [`item:${slug}`, `/item/${slug}`]
      const page = await a.page(path)
      const own = await later.page(path)
      assert.deepEqual([page.cache, own.cache], ['MISS', 'MISS'])
      assert.match(own.html, /conformance-build-b/)
      assert.doesNotMatch(own.html, /conformance-build-a/)
      for (const segment of [undefined, '/_tree', '/_full']) {
        assert.doesNotMatch((await later.data(path, segment)).text, /conformance-build-a/)
        assert.doesNotMatch((await a.data(path, segment)).text, /conformance-build-b/)
      }
      assert.equal(origin.count(name), 1)

      const version = origin.change(name)
      await later.act([['updateTag', name]])
      await assertShown(path, version, [a, later, b])
      origin.change(name)
      await a.act([['revalidatePath', path]])
      await assertShown(path, version + 1, [later, b, a])
    }
    const slug = fresh('bare')
    for (const at of [a, later]) assert.equal((await at.page(`/bare/${slug}`)).cache, 'MISS')
    assert.equal(origin.count(`bare:${slug}`), 2)
    await later.stop()
  })
})
