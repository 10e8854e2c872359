import assert from 'node:assert/strict'
import { world } from '../harness/world.mjs'

/** How Next.js gives a page away, each in the version that an instance shows of it. */
const views = {
  /** As a document. */
  html: async (at, path) => (await at.page(path)).value?.version,
  /** As the router in browsers asks for it. */
  data: async (at, path) => (await at.data(path)).value?.version,
  /** As that prefetches it. */
  prefetched: async (at, path) => (await at.data(path, '/_full')).value?.version,
}

let turns = 0

/** The versions that an instance shows of a page in every view. Each is the first in turn. */
export async function shown(at, path) {
  const names = Object.keys(views)
  const first = turns++ % names.length
  const seen = {}
  for (const name of [...names.slice(first), ...names.slice(0, first)]) seen[name] = await views[name](at, path)
  return seen
}

/** That both instances show one version of a page in every view. The one that did not update it is asked first. */
export async function assertShown(path, version, instances = [world.b, world.a]) {
  for (const at of instances) {
    const seen = await shown(at, path)
    assert.deepEqual(seen, { html: version, data: version, prefetched: version }, `${path} at ${at.name}`)
  }
}

const built = {}

/** The slug of a page that the build has made, and that no other test looks at. */
export function prerendered(kind) {
  built[kind] = (built[kind] ?? -1) + 1
  assert.ok(built[kind] < 24, `The build makes too few of ${kind}: see lib/slugs.js.`)
  return `${kind}-built-${built[kind]}`
}

/** What a route handler says in JSON. */
export async function said(at, path) {
  return (await at.fetch(path)).json()
}
