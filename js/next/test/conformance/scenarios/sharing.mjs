import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fresh, world } from '../harness/world.mjs'

describe('What one instance has made, the others serve', () => {
  for (const fn of ['item', 'remote', 'fetched', 'unstable']) {
    test(`${fn}: A makes it, B reads it`, async () => {
      const { a, b, origin } = world
      const name = fresh(fn)
      const made = await a.read(fn, name, { tags: [name] })
      origin.change(name)

      assert.deepEqual(await b.read(fn, name, { tags: [name] }), made)
      assert.deepEqual(await a.read(fn, name, { tags: [name] }), made)
      assert.equal(origin.count(name), 1)
    })
  }

  test('an entry with an entry inside', async () => {
    const { a, b, origin } = world
    const [name, inner] = [fresh('outer'), fresh('inner')]
    const made = await a.read('outer', name, { tags: [name] }, inner, { tags: [inner] })

    assert.deepEqual(await b.read('outer', name, { tags: [name] }, inner, { tags: [inner] }), made)
    assert.deepEqual(await b.read('item', inner, { tags: [inner] }), made.inner)
    assert.deepEqual([origin.count(name), origin.count(inner)], [1, 1])
  })

  test('pages and route handlers serve one entry', async () => {
    const { a, b, origin } = world
    const name = fresh('routes')
    const shown = await a.show('item', name)
    await b.show('item', name)

    assert.deepEqual(await b.read('item', name, {}), shown)
    assert.equal(origin.count(name), 1)
  })

  test('default and remote are two caches', async () => {
    const { a, origin } = world
    const name = fresh('kinds')
    await a.read('item', name, {})
    await a.read('remote', name, {})

    assert.equal(origin.count(name), 2)
  })

  test('other arguments are another entry', async () => {
    const { a, b, origin } = world
    const name = fresh('arguments')
    await a.read('item', name, { tags: [] })
    await b.read('item', name, { tags: [], other: true })

    assert.equal(origin.count(name), 2)
  })

  for (const shape of ['null', 'undefined', 'rich']) {
    test(`a value that is ${shape}`, async () => {
      const { a, b, origin } = world
      const name = fresh(shape)
      const made = await a.read('item', name, { shape })

      assert.deepEqual(await b.read('item', name, { shape }), made)
      assert.equal(origin.count(name), 1)
    })
  }

  test('a function that throws stores nothing, and nobody waits for it', async () => {
    const { a, b, origin } = world
    const name = fresh('throws')
    await assert.rejects(a.read('item', name, { shape: 'throw' }))
    const start = performance.now()
    await assert.rejects(b.read('item', name, { shape: 'throw' }))

    assert.ok(performance.now() - start < 1_000)
    assert.equal(origin.count(name), 2)
  })

  for (const [size, bytes] of [
    ['1 KB', 1 << 10],
    ['1 MB', 1 << 20],
    ['3.9 MB', 3_900_000],
  ]) {
    test(`a value of ${size}`, async () => {
      const { a, b, origin } = world
      const name = fresh('size')
      const made = await a.read('item', name, { bytes })

      assert.deepEqual(await b.read('item', name, { bytes }), made)
      assert.equal(origin.count(name), 1)
    })
  }

  test('a value of 5 MB is too large: it is made each time, and nobody waits for it', async () => {
    const { a, b } = world
    const name = fresh('size')
    const first = await a.timedRead('item', name, { bytes: 5_000_000 })
    const second = await b.timedRead('item', name, { bytes: 5_000_000 })

    assert.deepEqual([first.value.n, second.value.n], [1, 2])
    assert.ok(second.ms < 1_000, `B waited ${second.ms} ms`)
  })

  test('ten readers of two instances make a value once', async () => {
    const { a, b, origin } = world
    const name = fresh('herd')
    const hold = origin.hold(name)
    const reads = [a, b].flatMap((instance) => Array.from({ length: 5 }, () => instance.read('item', name, {})))
    await hold.asked
    hold.release()

    assert.deepEqual(await Promise.all(reads), Array(10).fill({ name, version: 1, n: 1 }))
    assert.equal(origin.count(name), 1)
  })

  test('draft mode neither reads nor stores', async () => {
    const { a, b, origin } = world
    const name = fresh('draft')
    const kept = await a.read('item', name, {})
    const on = await a.fetch('/api/do', { method: 'POST', body: JSON.stringify([['draft', true]]) })
    const cookie = on.headers.get('set-cookie').split(';')[0]
    origin.change(name)
    const drafts = await a.fetch('/api/read', {
      method: 'POST',
      body: JSON.stringify({ fn: 'item', args: [name, {}] }),
      headers: { Cookie: cookie },
    })

    assert.equal((await drafts.json()).value.version, 2)
    assert.deepEqual(await b.read('item', name, {}), kept)
  })
})
