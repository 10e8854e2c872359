import { after, before } from 'node:test'
import { deploy, prepare } from './app.mjs'
import { endChildren } from './children.mjs'
import { Instance } from './next.mjs'
import { Origin } from './origin.mjs'
import { Silos } from './silos.mjs'
import { until } from './waits.mjs'

/** What the scenarios run against: a source, silos, and two instances `a` and `b` of the application. */
export const world = {}

let names = 0

/** A name that no other test uses, so that tests need not clean up after each other. */
export function fresh(what) {
  return `${what}-${++names}`
}

/** Starts another instance of the application. It is ended with the others. */
export async function another(name, { buildId, ...options } = {}) {
  const { app, origin, silos } = world
  const dist = await deploy(app, name, buildId)
  return Instance.start(app, { name, dist, originUrl: origin.url, otcUrl: silos.urls.join(','), ...options })
}

before(async () => {
  const start = performance.now()
  const log = (what) => console.log(`# ${((performance.now() - start) / 1000).toFixed(1)} s: ${what}`)
  world.origin = await Origin.start()
  const silos = Silos.start(3)
  try {
    world.app = await prepare({ originUrl: world.origin.url, log })
  } finally {
    // Also what failed is ended with all that was started.
    world.silos = await silos
  }
  world.origin.forget()
  log('start')
  ;[world.a, world.b] = await Promise.all([another('a'), another('b')])
  // The first calls of all these processes take long.
  await until(async () => {
    const name = fresh('warm')
    await world.a.read('item', name, {})
    await world.b.show('item', name)
    return world.origin.count(name) === 1
  }, 'what A makes is shared with B')
  log('ready')
})

after(async () => {
  await endChildren()
  await world.origin?.close()
})
