import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../harness/waits.mjs'
import { another, fresh, world } from '../../harness/world.mjs'
import { assertShown, prerendered, said } from '../views.mjs'

/** What lives for a second, by whose word, and how an instance shows its version. */
const timed = {
  'a page that says so itself': {
    kind: 'timed',
    read: async (at, slug) => (await at.page(`/timed/${slug}`)).value.version,
  },
  'a page whose fetch says so': {
    kind: 'quick',
    read: async (at, slug) => (await at.page(`/quick/${slug}`)).value.version,
  },
  'the data of a page that says so itself': {
    kind: 'timed',
    read: async (at, slug) => (await at.data(`/timed/${slug}`)).value.version,
  },
  'a route handler that says so itself': {
    kind: 'timed-data',
    read: async (at, slug) => (await said(at, `/api/timed/${slug}`)).version,
  },
}

describe('Pages without cacheComponents: time', () => {
  for (const [what, { kind, read }] of Object.entries(timed)) {
    test(`${what}: after its time it is served once more, while one instance makes it anew`, async () => {
      const { a, b, origin } = world
      const slug = fresh(kind)
      const name = `${kind}:${slug}`
      const start = performance.now()
      assert.equal(await read(a, slug), 1)
      origin.change(name)
      const hold = origin.hold(name)
      // Whoever makes it anew gets the old one: reads come until the source is asked, and show no other version.
      let isAsked = false
      hold.asked.then(() => (isAsked = true))
      await until(async () => {
        for (const at of [b, a]) assert.equal(await read(at, slug), 1)
        return isAsked
      }, 'it is made anew')
      assert.ok(performance.now() - start > 1_000, 'made anew before its time')
      for (const at of [a, b, a, b]) assert.equal(await read(at, slug), 1)
      assert.equal(origin.count(name), 2)
      hold.release()

      for (const at of [b, a]) await until(async () => (await read(at, slug)) === 2, `${at.name} is new`)
    })
  }

  test('a page of the build is made anew once it was read, whatever the age of its file', async () => {
    const { a, b, origin } = world
    const slug = prerendered('timed')
    const version = origin.change(`timed:${slug}`)
    assert.equal((await b.page(`/timed/${slug}`)).value.version, version)
    assert.equal((await a.page(`/timed/${slug}`)).value.version, version)
    assert.equal(origin.count(`timed:${slug}`), 1)
  })

  test('when it cannot be made anew, the old page is served, and the next try is good', async () => {
    const { a, b, origin } = world
    const slug = fresh('timed')
    const [name, path] = [`timed:${slug}`, `/timed/${slug}`]
    assert.equal((await a.page(path)).value.version, 1)
    origin.change(name)
    origin.fail(name, 1)
    for (const at of [b, a])
      await until(async () => {
        const { status, value } = await at.page(path)
        assert.equal(status, 200)
        return value.version === 2
      }, `${at.name} is new`)
    assert.ok(origin.count(name) >= 3)
  })

  test('clocks that are an hour apart change nothing', async () => {
    const { a, origin } = world
    for (const hours of [-1, 1]) {
      const skewed = await another(`skewed${hours}`, {
        nodeArguments: ['--require', new URL('../../harness/skew.cjs', import.meta.url).pathname],
        environment: { SKEW_HOURS: `${hours}` },
      })
      const slug = fresh('bare')
      const [name, path] = [`bare:${slug}`, `/bare/${slug}`]
      await assertShown(path, 1, [skewed, a])
      origin.change(name)
      // It lives for an hour: to neither has it passed.
      await assertShown(path, 1, [skewed, a])
      await a.act([['revalidatePath', path]])
      await assertShown(path, 2, [skewed, a])
      origin.change(name)
      await skewed.act([['revalidatePath', path]])
      await assertShown(path, 3, [a, skewed])
      assert.equal(origin.count(name), 3)

      const item = fresh('fetched')
      await assertShown(`/item/${item}`, 1, [a, skewed])
      origin.change(`item:${item}`)
      await skewed.act([['revalidateTag', `item:${item}`, 'max']])
      const first = await a.page(`/item/${item}`)
      assert.deepEqual([first.value.version, first.cache], [1, 'STALE'])
      for (const at of [skewed, a]) {
        await until(async () => (await at.page(`/item/${item}`)).value.version === 2, `${at.name} is new`)
      }
      await skewed.stop()
    }
  })
})
