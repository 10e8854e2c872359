import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { another, fresh, world } from '../../harness/world.mjs'
import { cases } from '../cases.mjs'
import { prerendered } from '../views.mjs'

const kinds = {
  fetched: (slug) => [`/item/${slug}`, `item:${slug}`],
  unstable: (slug) => [`/item/${slug}`, `item:${slug}`],
  timed: (slug) => [`/timed/${slug}`, `timed:${slug}`],
  data: (slug) => [`/api/data/${slug}`, `data:${slug}`],
}

/** An instance with a page of its own. */
function subject(instance, kind = 'fetched') {
  const slug = kind === 'built' ? prerendered('fetched') : fresh(kind)
  const [path, name] = kinds[kind === 'built' ? 'fetched' : kind](slug)
  return {
    path,
    tag: name,
    hold: () => world.origin.hold(name),
    change: (more) => world.origin.change(name, more),
    act: async (...steps) => assert.equal((await instance.act(steps)).status, 200),
    read: async () => {
      const { status, cache, value, html } = await instance.page(path)
      return `${cache} ${status !== 200 ? status : (value ?? JSON.parse(html)).version}`
    },
  }
}

describe("Pages without cacheComponents: beside Next.js' own handler, on one instance", () => {
  let own

  before(async () => {
    // What the build has made is the same with either handler, and the configuration is read at the start.
    own = await another('own', { environment: { HANDLER: 'builtin' } })
  })

  for (const { name, kind, steps, ours, theirs, why } of cases) {
    test(`${name}: ${theirs === undefined ? ours : `${ours}, not ${theirs}, since ${why}`}`, async () => {
      const found = { theirs: await steps(subject(own, kind)), ours: await steps(subject(world.a, kind)) }
      assert.deepEqual(found, { theirs: theirs ?? ours, ours })
    })
  }
})
