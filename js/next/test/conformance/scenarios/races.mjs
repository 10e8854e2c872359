import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../harness/waits.mjs'
import { fresh, world } from '../harness/world.mjs'

describe('Fills that an update overtakes', () => {
  for (const fn of ['item', 'remote', 'lateTagged', 'fetched', 'unstable']) {
    test(`${fn}: what was begun before the update is served to nobody who comes after it at another instance`, async () => {
      const { a, b, origin } = world
      const name = fresh('race')
      const spec = { tags: [name] }
      const hold = origin.hold(name)
      const waiting = a.read(fn, name, spec)
      await hold.asked
      const version = origin.change(name)
      const { status } = await b.act([['updateTag', name]])
      assert.equal(status, 200)
      const after = b.read(fn, name, spec)
      hold.release()

      assert.equal((await waiting).version, version - 1)
      assert.equal((await after).version, version)
      assert.equal((await b.read(fn, name, spec)).version, version)
      assert.equal((await a.read(fn, name, spec)).version, version)
    })
  }

  test('what was made from a call that began before the update is served to nobody who comes after', async () => {
    const { a, b, origin } = world
    const [name, inner] = [fresh('outer'), fresh('race')]
    const args = [name, { tags: [name] }, inner, { tags: [inner] }]
    const hold = origin.hold(inner)
    const waiting = a.read('item', inner, { tags: [inner] })
    await hold.asked
    const version = origin.change(inner)
    assert.equal((await b.act([['updateTag', inner]])).status, 200)
    // Next.js lets it join the inner call, which is the named limit. What comes of it must not outlast that.
    const joined = a.read('outer', ...args)
    for (let i = 0; i < 20; i++) await a.read('uncached', fresh('race'))
    hold.release()

    assert.equal((await waiting).version, version - 1)
    await joined
    assert.equal((await b.read('outer', ...args)).inner.version, version)
    assert.equal((await a.read('outer', ...args)).inner.version, version)
  })

  test('what was begun before a revalidation is stale', async () => {
    const { a, b, origin } = world
    const name = fresh('race')
    const spec = { tags: [name] }
    const hold = origin.hold(name)
    const waiting = a.read('item', name, spec)
    await hold.asked
    origin.change(name)
    await b.act([['revalidateTag', name, 'max']])
    hold.release()

    assert.equal((await waiting).version, 1)
    await until(async () => (await b.read('item', name, spec)).version === 2, 'B is new')
    await until(async () => (await a.read('item', name, spec)).version === 2, 'A is new')
  })

  test('what was begun before its path was updated is not served there', async () => {
    const { a, b, origin } = world
    const name = fresh('race')
    const hold = origin.hold(name)
    const waiting = a.show('item', name)
    await hold.asked
    origin.change(name)
    await b.act([['revalidatePath', `/page/${name}`]])
    const after = b.show('item', name)
    await until(() => origin.count(name) === 2, 'B asks for itself', 5_000)
    hold.release()

    assert.equal((await waiting).version, 1)
    assert.equal((await after).version, 2)
    assert.equal((await a.show('item', name)).version, 2)
    assert.equal((await b.show('item', name)).version, 2)
  })

  test('a reader who comes during a fill waits for it at both instances', async () => {
    const { a, b, origin } = world
    const name = fresh('join')
    const hold = origin.hold(name)
    const first = a.read('item', name, {})
    await hold.asked
    const second = b.read('item', name, {})
    const third = a.read('item', name, {})
    hold.release()

    assert.deepEqual(
      (await Promise.all([first, second, third])).map(({ n }) => n),
      [1, 1, 1],
    )
  })
})
