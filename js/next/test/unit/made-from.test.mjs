// A value that was made from cached ones is as old as they are, whatever token it has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdTime } from '../../../test/clock.mjs'
import { entry, soft, starter, text, untilStored } from '../fixture.mjs'
import { fetched, getFetch, getPage, one, page, setPage } from '../legacy.mjs'

const time = holdTime()
const start = starter()
const { MadeFrom } = await import(new URL('../../dist/esm/made-from.js', import.meta.url).href)

const puts = (silo) => silo.calls.filter(({ method }) => method === 'PUT')

async function filled(handler, key, tags) {
  assert.equal(await handler.get(key, soft), undefined)
  await handler.set(key, Promise.resolve(entry(key, tags)))
}

test('An outer value that shares a tag with an inner one found meanwhile is dated, and its token goes back', async () => {
  const { handler, silo } = await start()
  await filled(handler, 'inner', ['t'])
  assert.equal(await handler.get('outer', soft), undefined)
  const outer = entry('outer', ['t', 'u'])
  assert.equal(await text(await handler.get('inner', soft)), 'inner')
  await handler.set('outer', Promise.resolve(outer))
  const put = puts(silo).at(-1)
  assert.ok(put.query.has('since'))
  assert.equal(put.headers['tag-cache-token'], undefined)
  await silo.called('POST', '/v1/entry/abandon')
  assert.equal(await text(await handler.get('outer', soft)), 'outer')
})

test('A value that shares no tag with what was found is stored under its token', async () => {
  const { handler, silo } = await start()
  await filled(handler, 'inner', ['t'])
  assert.equal(await handler.get('outer', soft), undefined)
  const outer = entry('outer', ['u'])
  await handler.get('inner', soft)
  await handler.set('outer', Promise.resolve(outer))
  assert.notEqual(puts(silo).at(-1).headers['tag-cache-token'], undefined)
})

test('What was found before a value was begun is not what it was made from', async () => {
  const { handler, silo } = await start()
  await filled(handler, 'inner', ['t'])
  await handler.get('inner', soft)
  await filled(handler, 'outer', ['t'])
  assert.notEqual(puts(silo).at(-1).headers['tag-cache-token'], undefined)
})

test('A call that joined one from before an update does not store the old value as new', async () => {
  const { handler } = await start()
  assert.equal(await handler.get('inner', soft), undefined)
  const inner = entry('old', ['t'])
  let finish
  const making = new Promise((resolve) => {
    finish = () => resolve(inner)
  })
  await time.pass(10)
  // Next.js lets the outer function, begun after the update, join the inner one.
  const other = untilStored(handler)
  const storing = other.set('inner', making)
  await handler.updateTags(['t'])
  await time.pass(10)
  assert.equal(await handler.get('outer', soft), undefined)
  const outer = entry('made of old', ['t'])
  await time.pass(10)
  finish()
  await storing
  await handler.set('outer', Promise.resolve(outer))
  assert.equal(await handler.get('outer', soft), undefined)
})

test('A page counts as made from the functions and fetches that were found while it was rendered', async () => {
  const { Legacy, silo } = await start()
  const fetching = new Legacy(one)
  assert.equal(await fetching.get('f', getFetch(['t'])), null)
  await fetching.set('f', fetched(), { fetchCache: true, tags: ['t'] })
  assert.notEqual(
    puts(silo).at(-1).headers['tag-cache-token'],
    undefined,
    'what the network gave was made from nothing',
  )
  for (const [path, tags, isDated] of [
    ['/x', 't,_N_T_/x', true],
    ['/y', 'u,_N_T_/y', false],
  ]) {
    const rendering = new Legacy(one)
    assert.equal(await rendering.get(path, getPage), null)
    assert.notEqual(await rendering.get('f', getFetch(['t'])), null)
    await rendering.set(path, page(tags), setPage())
    assert.equal(isDated, puts(silo).at(-1).headers['tag-cache-token'] === undefined)
    assert.notEqual(await new Legacy(one).get(path, getPage), null)
  }
})

test('What was forgotten counts', () => {
  const madeFrom = new MadeFrom()
  const begunAt = performance.now()
  madeFrom.made('inner', ['t'], begunAt - 500)
  for (let i = 0; i < 3_000; i++) madeFrom.found('other', [`other${i}`])
  assert.equal(madeFrom.since('outer', ['t'], begunAt), begunAt - 500)
  assert.equal(madeFrom.since('outer', ['t'], performance.now()), undefined)
})
