import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../harness/waits.mjs'
import { fresh, world } from '../harness/world.mjs'

describe('Silos that fail', () => {
  test('a frozen silo delays a read by about a second at most, and soon few of them', async () => {
    const { a, b, silos } = world
    silos.freeze(0)
    const times = []
    try {
      for (let i = 0; i < 8; i++) {
        for (const at of [a, b]) {
          const { value, ms } = await at.timedRead('item', fresh('frozen'), {})
          assert.equal(value.version, 1)
          times.push(Math.round(ms))
        }
      }
      assert.equal((await a.show('item', fresh('frozen'))).version, 1)
      assert.equal((await b.page(`/missing/${fresh('frozen')}`)).status, 200)
    } finally {
      silos.thaw(0)
    }
    assert.ok(Math.max(...times) < 1_500, `${times}`)
    await silos.whenWhole()
  })

  test('with all silos frozen pages answer, soon without delay, and updates are not claimed', async () => {
    const { a, b, silos, origin } = world
    const name = fresh('frozen')
    const spec = { tags: [name] }
    await a.read('item', name, spec)
    for (let i = 0; i < silos.count; i++) silos.freeze(i)
    const times = []
    try {
      const action = a.act([['updateTag', name]])
      await until(async () => {
        const { value, ms } = await b.timedRead('item', name, spec)
        assert.equal(value.version, 1)
        times.push(Math.round(ms))
        return ms < 200
      }, 'a read is not delayed')
      assert.equal((await action).status, 500)
    } finally {
      for (let i = 0; i < silos.count; i++) silos.thaw(i)
    }
    assert.ok(Math.max(...times) < 1_500, `${times}`)
    // Each silo is left alone after a few reads that it has not answered.
    assert.ok(times.length < 20, `${times}`)
    await silos.whenWhole()
    await until(async () => {
      const shared = fresh('thawed')
      await a.read('item', shared, {})
      await b.read('item', shared, {})
      return origin.count(shared) === 1
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
