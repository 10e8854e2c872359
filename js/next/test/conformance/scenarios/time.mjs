import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { after, until } from '../harness/waits.mjs'
import { another, fresh, world } from '../harness/world.mjs'

describe('Stale values and time', () => {
  test('a value is served stale after `revalidate` seconds and made anew meanwhile', async () => {
    const { a, b, origin } = world
    const name = fresh('second')
    const spec = { life: 'second' }
    await a.read('item', name, spec)
    origin.change(name)
    await after(1_100)

    assert.equal((await b.read('item', name, spec)).version, 1)
    await until(async () => (await a.read('item', name, spec)).version === 2, 'A is new')
    await until(async () => (await b.read('item', name, spec)).version === 2, 'B is new')
  })

  test('a value is not served after `expire` seconds', async () => {
    const { a, b, origin } = world
    const name = fresh('expires')
    const spec = { life: { stale: 0, revalidate: 1, expire: 2 } }
    await a.read('item', name, spec)
    origin.change(name)
    await after(2_100)

    assert.equal((await b.read('item', name, spec)).version, 2)
  })

  test('a value that expires at once is made each time', async () => {
    const { a, b } = world
    const name = fresh('never')
    assert.equal((await a.read('item', name, { life: 'never' })).n, 1)
    assert.equal((await b.read('item', name, { life: 'never' })).n, 2)
  })

  test('revalidateTag(tag, { expire: 1 }): gone after a second', async () => {
    const { a, b, origin } = world
    const name = fresh('deadline')
    await a.read('item', name, { tags: [name] })
    origin.change(name)
    await a.act([['revalidateTag', name, { expire: 1 }]])
    await after(1_100)

    assert.equal((await b.read('item', name, { tags: [name] })).version, 2)
  })

  test('revalidateTag(tag, { expire: 1 }) twice: the first deadline stays', async () => {
    const { a, b, origin } = world
    const name = fresh('deadline')
    await a.read('item', name, { tags: [name] })
    origin.change(name)
    await a.act([['revalidateTag', name, { expire: 1 }]])
    await after(600)
    await a.act([['revalidateTag', name, { expire: 1 }]])
    await after(600)

    assert.equal((await b.read('item', name, { tags: [name] })).version, 2)
  })

  test('a negative deadline is over at once', async () => {
    const { a, b, origin } = world
    const name = fresh('deadline')
    await a.read('item', name, { tags: [name] })
    origin.change(name)
    await a.act([['revalidateTag', name, { expire: -5 }]])

    assert.equal((await b.read('item', name, { tags: [name] })).version, 2)
  })

  test('nobody waits for a stale value to be made anew, however many read it', async () => {
    const { a, b, origin } = world
    const name = fresh('stale-herd')
    const spec = { tags: [name] }
    await a.read('item', name, spec)
    await b.read('item', name, spec)
    origin.change(name)
    await a.act([['revalidateTag', name, 'max']])
    const hold = origin.hold(name)
    const second = origin.hold(name)
    const reads = await Promise.all(
      [a, b].flatMap((instance) => Array.from({ length: 4 }, () => instance.read('item', name, spec))),
    )
    await hold.asked
    hold.release()
    second.release()

    assert.ok(reads.every(({ version }) => version === 1))
    await until(
      async () => (await a.read('item', name, spec)).version === 2 && (await b.read('item', name, spec)).version === 2,
      'both are new',
    )
    assert.ok(origin.count(name) <= 3, `made ${origin.count(name)} times`)
  })

  test('an entry is not built on a stale one inside', async () => {
    const { a, b, origin } = world
    const [name, inner] = [fresh('outer'), fresh('inner')]
    await a.read('item', inner, { tags: [inner] })
    origin.change(inner)
    await a.act([['revalidateTag', inner, 'max']])

    assert.equal((await b.read('outer', name, {}, inner, { tags: [inner] })).inner.version, 2)
  })

  test('clocks that are an hour apart change nothing', async () => {
    const { a, origin } = world
    for (const hours of [-1, 1]) {
      const skewed = await another(`skewed${hours}`, {
        nodeArguments: ['--require', new URL('../harness/skew.cjs', import.meta.url).pathname],
        environment: { SKEW_HOURS: `${hours}` },
      })
      const name = fresh('skew')
      const spec = { tags: [name] }
      const made = await skewed.read('item', name, spec)
      assert.deepEqual(await a.read('item', name, spec), made)

      origin.change(name)
      await a.act([['updateTag', name]])
      assert.equal((await skewed.read('item', name, spec)).version, 2)
      assert.equal((await a.read('item', name, spec)).n, 2)

      origin.change(name)
      await skewed.act([['updateTag', name]])
      assert.equal((await a.read('item', name, spec)).version, 3)
      assert.equal((await skewed.read('item', name, spec)).n, 3)
      const { results } = await skewed.act([
        ['updateTag', name],
        ['read', 'item', name, spec],
        ['read', 'item', name, spec],
      ])
      assert.deepEqual(
        results.map(({ n }) => n),
        [4, 4],
      )
      await skewed.stop()
    }
  })
})
