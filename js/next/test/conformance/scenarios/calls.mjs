import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SiloProxy } from '../harness/proxy.mjs'
import { until } from '../harness/waits.mjs'
import { another, fresh, world } from '../harness/world.mjs'

describe('What an instance asks of the silos', () => {
  let proxy
  let c

  before(async () => {
    proxy = await SiloProxy.start(world.silos.urls[0])
    c = await another('c', { otcUrl: proxy.url })
  })

  after(async () => {
    await c?.stop()
    await proxy?.close()
  })

  const entries = (requests, method) =>
    requests.filter((request) => request.path === '/v1/entry' && request.method === method)
  const updates = (requests) => requests.filter(({ path }) => path.startsWith('/v1/tags/'))
  const tagsOf = ({ body }) => JSON.parse(body).tags

  test('nothing for a page without a cached function', async () => {
    const requests = await proxy.during(() => c.read('uncached', fresh('uncached')))
    assert.deepEqual(
      requests.map(({ path }) => path),
      [],
    )
  })

  test('one read and one write for a miss, one read for a hit', async () => {
    const name = fresh('calls')
    const miss = await proxy.during(async () => {
      await c.read('item', name, {})
      await until(() => entries(proxy.requests, 'PUT').length === 1, 'the value is stored')
    })
    // A reader joins the call in its process for as long as the value is on its way.
    await until(
      () => proxy.during(() => c.read('item', name, {})).then(({ length }) => length > 0),
      'the value is stored and the call is over',
    )
    const hit = await proxy.during(() => c.read('item', name, {}))

    assert.deepEqual(
      miss.map(({ method }) => method),
      ['GET', 'PUT'],
    )
    assert.deepEqual(
      hit.map(({ method }) => method),
      ['GET'],
    )
  })

  test('the tags of the route with each read', async () => {
    const name = fresh('calls')
    const requests = await proxy.during(() => c.show('item', name))
    const soft = entries(requests, 'GET').flatMap(({ query }) => query.getAll('soft'))

    assert.ok(soft.includes(`_N_T_/page/${name}`), soft.join())
    assert.ok(soft.includes('_N_T_/page/[name]/page'), soft.join())
    assert.ok(soft.includes('_N_T_/layout'), soft.join())
  })

  test('what five requests ask at a time is made and stored once', async () => {
    const name = fresh('calls')
    const hold = world.origin.hold(name)
    const requests = await proxy.during(async () => {
      const reads = Array.from({ length: 5 }, () => c.read('item', name, {}))
      await hold.asked
      hold.release()
      await Promise.all(reads)
      await until(() => entries(proxy.requests, 'PUT').length > 0, 'the value is stored')
    })
    assert.equal(world.origin.count(name), 1)
    assert.equal(entries(requests, 'PUT').length, 1)
  })

  test('one update for what an action updates, and another for what it revalidates', async () => {
    const name = fresh('calls')
    const requests = await proxy.during(() =>
      c.act([
        ['updateTag', `${name}/1`, `${name}/2`],
        ['revalidateTag', `${name}/3`, 'max'],
        ['updateTag', `${name}/4`],
      ]),
    )
    const told = updates(requests).map((request) => [request.path, tagsOf(request)])

    assert.deepEqual(told.sort(), [
      ['/v1/tags/revalidate', [`${name}/3`]],
      ['/v1/tags/update', [`${name}/1`, `${name}/2`, `${name}/4`]],
    ])
    assert.ok(updates(requests).every(({ body }) => JSON.parse(body).remember === true))
  })

  test('an action fails if the silos do not confirm its update', async () => {
    proxy.instead = ({ path }) => path.startsWith('/v1/tags/') && { status: 503, body: { code: 'update_incomplete' } }
    const { status } = await c.act([['updateTag', fresh('unconfirmed')]])
    const form = await c.submit([['updateTag', fresh('unconfirmed')]])
    proxy.instead = () => undefined

    assert.equal(status, 500)
    assert.equal(form.status, 500)
  })

  test('a silo that does not answer costs a second and no error, and soon nothing', async () => {
    proxy.instead = ({ path }) => path.startsWith('/v1/entry') && 'hang'
    const times = []
    for (let i = 0; i < 12; i++) {
      const { value, ms } = await c.timedRead('item', fresh('hanging'), {})
      assert.equal(value.version, 1)
      times.push(ms)
    }
    proxy.instead = () => undefined

    assert.ok(Math.max(...times) < 1_500, `${times}`)
    assert.ok(times.at(-1) < 200, `${times}`)
    const name = fresh('back')
    await until(
      async () =>
        (await c.read('item', name, {})).n === world.origin.count(name) &&
        (await c.read('item', name, {})).n === world.origin.count(name) &&
        world.origin.count(name) > 0 &&
        (await isKept(c, name)),
      'values are kept again',
    )
  })

  async function isKept(at, name) {
    const count = world.origin.count(name)
    await at.read('item', name, {})
    return world.origin.count(name) === count
  }

  for (const [what, instead] of Object.entries({
    'refuses the key': { status: 401 },
    'is overloaded': { status: 429 },
    fails: { status: 500 },
    'is not ready': { status: 503 },
  })) {
    test(`a silo that ${what} costs no error`, async () => {
      proxy.instead = ({ path }) => path.startsWith('/v1/entry') && instead
      const values = [
        await c.read('item', fresh('failing'), {}),
        await c.read('remote', fresh('failing'), {}),
        await c.read('fetched', fresh('failing'), {}),
      ]
      const page = await c.page(`/missing/${fresh('failing')}`)
      proxy.instead = () => undefined

      assert.deepEqual(
        values.map(({ version }) => version),
        [1, 1, 1],
      )
      assert.equal(page.status, 200)
    })
  }
})
