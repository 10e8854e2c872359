import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../harness/waits.mjs'
import { fresh, world } from '../../harness/world.mjs'
import { assertShown, prerendered } from '../views.mjs'

/** A page, and how long it took, in ms. */
async function timedPage(at, path) {
  const start = performance.now()
  const page = await at.page(path)
  return { ...page, ms: Math.round(performance.now() - start) }
}

describe('Pages without cacheComponents: silos that fail', () => {
  test('a frozen silo delays pages by a few reads that it does not answer, and soon few of them', async () => {
    const { a, b, silos } = world
    silos.freeze(0)
    const times = []
    try {
      for (let i = 0; i < 6; i++) {
        for (const at of [a, b]) {
          const { status, value, ms } = await timedPage(at, `/item/${fresh('fetched')}`)
          assert.deepEqual([status, value.version], [200, 1])
          times.push(ms)
        }
      }
    } finally {
      silos.thaw(0)
    }
    // A render reads the page and what it fetches, and stores both.
    assert.ok(Math.max(...times) < 5_000, `${times}`)
    assert.ok(times.filter((ms) => ms > 500).length <= 4, `${times}`)
    await silos.whenWhole()
  })

  test('with all silos frozen pages are rendered, soon without delay, and never taken from their files; updates are not claimed', async () => {
    const { a, b, silos, origin } = world
    const slug = prerendered('fetched')
    const [name, path] = [`item:${slug}`, `/item/${slug}`]
    await assertShown(path, 1, [a, b])
    for (let i = 0; i < silos.count; i++) silos.freeze(i)
    const times = []
    try {
      const version = origin.change(name)
      const action = a.act([['updateTag', name]])
      await until(async () => {
        const { status, value, ms } = await timedPage(b, path)
        assert.deepEqual([status, value.version], [200, version])
        times.push(ms)
        return ms < 300
      }, 'a page is not delayed')
      assert.equal((await action).status, 500)
      assert.equal((await a.act([['revalidatePath', path]])).status, 500)
    } finally {
      for (let i = 0; i < silos.count; i++) silos.thaw(i)
    }
    assert.ok(Math.max(...times) < 5_000, `${times}`)
    assert.ok(times.length < 20, `${times}`)
    await silos.whenWhole()
    await until(async () => (await a.act([['updateTag', name]])).status === 200, 'updates are confirmed again', 60_000)
    await assertShown(path, origin.version(name))
  })

  test('after a silo was killed, updates and pages go on at the others', async () => {
    const { a, b, silos, origin } = world
    const slug = fresh('fetched')
    const [name, path] = [`item:${slug}`, `/item/${slug}`]
    await assertShown(path, 1, [a, b])
    await silos.kill(0)
    let version = origin.change(name)
    const start = performance.now()
    const { status } = await a.act([['updateTag', name]])
    const took = performance.now() - start
    // Whether it was confirmed or not: who is told that it was must be right.
    if (status === 200) await assertShown(path, version)
    else assert.equal(status, 500)
    assert.ok(took < 35_000, `${took}`)
    const read = await timedPage(b, `/item/${fresh('fetched')}`)
    assert.ok(read.ms < 5_000, `${read.ms}`)
    version = origin.change(name)
    await until(async () => (await a.act([['updateTag', name]])).status === 200, 'updates are confirmed again', 60_000)
    await assertShown(path, version)
  })

  test('without silos pages are rendered from their source, those of the build too, and actions that update fail', async () => {
    const { a, b, silos, origin } = world
    await silos.kill(1)
    await silos.kill(2)
    for (const slug of [prerendered('unstable'), fresh('unstable')]) {
      const version = origin.change(`item:${slug}`)
      for (const at of [b, a]) {
        const { status, value, ms } = await timedPage(at, `/item/${slug}`)
        assert.deepEqual([status, value.version], [200, version])
        assert.ok(ms < 5_000, `${ms}`)
      }
      for (const step of [
        ['updateTag', `item:${slug}`],
        ['revalidatePath', `/item/${slug}`],
        ['revalidatePath', '/', 'layout'],
        ['revalidateTag', `item:${slug}`, { expire: 0 }],
      ]) {
        assert.equal((await a.act([step])).status, 500, `${step}`)
      }
    }
  })
})
