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

/**
 * Before the scenarios: starts the world of an application. It is whole when both instances have been asked for a name, by `warm`, and the source only once.
 * CONFORMANCE_MUTANT names a rule that is taken out of the installed packages: then scenarios must fail.
 */
export function setUp(application, warm) {
  before(async () => {
    const start = performance.now()
    const log = (what) => console.log(`# ${((performance.now() - start) / 1000).toFixed(1)} s: ${what}`)
    world.origin = await Origin.start()
    const silos = Silos.start(3)
    try {
      const mutant = process.env.CONFORMANCE_MUTANT
      world.app = await prepare({ application, originUrl: world.origin.url, log, mutant })
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
      await warm(world, name)
      return process.env.CONFORMANCE_MUTANT !== undefined || world.origin.count(name) === 1
    }, 'what A makes is shared with B')
    log('ready')
  })

  after(async () => {
    await endChildren()
    await world.origin?.close()
  })
}
