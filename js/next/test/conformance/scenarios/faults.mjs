import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../harness/waits.mjs'
import { fresh, world } from '../harness/world.mjs'

describe('Silos that fail', () => {
  test('a frozen silo delays a page by about a second at most', async () => {
    const { a, b, silos } = world
    silos.freeze(0)
    const times = []
    try {
      for (let i = 0; i < 8; i++) {
        for (const at of [a, b]) {
          const start = performance.now()
          assert.equal((await at.show('item', fresh('frozen'))).version, 1)
          times.push(Math.round(performance.now() - start))
        }
      }
    } finally {
      silos.thaw(0)
    }
    assert.ok(Math.max(...times) < 1_700, `${times}`)
    await silos.whenWhole()
  })

  test('with all silos frozen pages answer, and updates are not claimed', async () => {
    const { a, b, silos } = world
    const name = fresh('frozen')
    await a.read('item', name, { tags: [name] })
    for (let i = 0; i < silos.count; i++) silos.freeze(i)
    let action
    const times = []
    try {
      action = a.act([['updateTag', name]])
      for (let i = 0; i < 8; i++) times.push(Math.round((await b.timedRead('item', name, { tags: [name] })).ms))
      assert.equal((await action).status, 500)
    } finally {
      for (let i = 0; i < silos.count; i++) silos.thaw(i)
    }
    assert.ok(Math.max(...times) < 1_700, `${times}`)
    assert.ok(times.at(-1) < 200, `${times}`)
    await silos.whenWhole()
    await until(async () => {
      const n = fresh('thawed')
      await a.read('item', n, {})
      await b.read('item', n, {})
      return world.origin.count(n) === 1
    }, 'values are shared again')
  })

  test('after a silo was killed, updates and reads go on at the others', async () => {
    const { a, b, silos, origin } = world
    const name = fresh('killed')
    const spec = { tags: [name] }
    await a.read('item', name, spec)
    await silos.kill(0)
    origin.change(name)
    const start = performance.now()
    const { status } = await a.act([['updateTag', name]])
    const took = performance.now() - start
    // Whether it was confirmed or not: who is told that it was must be right.
    if (status === 200) assert.equal((await b.read('item', name, spec)).version, 2)
    else assert.equal(status, 500)
    assert.ok(took < 35_000, `${took}`)
    const read = await b.timedRead('item', fresh('killed'), {})
    assert.ok(read.ms < 1_700, `${read.ms}`)
    await until(async () => (await a.act([['updateTag', name]])).status === 200, 'updates are confirmed again', 60_000)
    assert.equal((await b.read('item', name, spec)).version, 2)
    assert.equal((await a.read('item', name, spec)).version, 2)
  })

  test('without silos pages answer, and actions that update fail', async () => {
    const { a, b, silos } = world
    await silos.kill(1)
    await silos.kill(2)
    const { ms, value } = await b.timedRead('item', fresh('none'), {})
    assert.equal(value.version, 1)
    assert.ok(ms < 1_700, `${ms}`)
    assert.equal((await a.act([['updateTag', 'none']])).status, 500)
    assert.equal((await a.act([['revalidatePath', '/']])).status, 500)
    assert.equal((await b.page(`/missing/${fresh('none')}`)).status, 200)
  })
})
