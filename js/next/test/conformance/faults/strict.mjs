// Readers and updates at two instances over three silos that are frozen, killed and restarted: is what was confirmed ever untrue?
//   node faults/strict.mjs [--seconds 60] [--seed 1] [--mutant NAME] [--without-faults] [--variable NAME=VALUE]
import { parseArgs } from 'node:util'
import { deploy, prepare } from '../harness/app.mjs'
import { Instance } from '../harness/next.mjs'
import { Origin } from '../harness/origin.mjs'
import { environmentOf, log, run } from '../harness/program.mjs'
import { Random } from '../harness/random.mjs'
import { Silos } from '../harness/silos.mjs'
import { after, every } from '../harness/waits.mjs'
import { Checker } from './checker.mjs'

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    mutant: { type: 'string' },
    'without-faults': { type: 'boolean', default: false },
    readers: { type: 'string', default: '8' },
    updaters: { type: 'string', default: '3' },
    names: { type: 'string', default: '6' },
    variable: { type: 'string', multiple: true, default: [] },
  },
})

const random = new Random(Number(options.seed))
const checker = new Checker()
const faults = {}
let failed = 0

/** How a value is read, and of which updates its readers must know: of its tag, and where a path is named, of that path too. */
const kinds = {
  item: { read: (at, name) => at.read('item', name, specOf(name)), scopes: ['item'] },
  remote: { read: (at, name) => at.read('remote', name, specOf(name)), scopes: ['remote'] },
  fetched: { read: (at, name) => at.read('fetched', name, specOf(name)), scopes: ['fetched'] },
  unstable: { read: (at, name) => at.read('unstable', name, specOf(name)), scopes: ['unstable'] },
  shown: { read: (at, name) => at.show('item', name, specOf(name)), scopes: ['shown', 'shown path'] },
  data: { read: (at, name) => at.show('fetched', name, specOf(name)), scopes: ['data', 'data path'] },
  page: { read: async (at, name) => (await at.page(`/missing/${name}`)).value, scopes: ['page', 'page path'] },
}

function specOf(name) {
  return { tags: [`t:${name}`], life: 'max', revalidate: 2_592_000 }
}

async function main() {
  const origin = await Origin.start()
  const starting = Silos.start(3)
  const app = await prepare({ originUrl: origin.url, log, mutant: options.mutant })
  const silos = await starting
  const environment = environmentOf(options.variable)
  const instances = []
  for (const name of ['a', 'b']) {
    const otcUrl = name === 'a' ? silos.urls.join(',') : silos.urls.toReversed().join(',')
    instances.push(
      await Instance.start(app, { name, dist: await deploy(app, name), originUrl: origin.url, otcUrl, environment }),
    )
  }
  origin.forget()
  log(`seed ${options.seed}: ${options.seconds} s${options.mutant ? `, with the mutant ${options.mutant}` : ''}`)

  const names = Object.keys(kinds).flatMap((kind) =>
    Array.from({ length: Number(options.names) }, (_, i) => ({ kind, name: `${kind}-${i}` })),
  )
  const end = performance.now() + Number(options.seconds) * 1_000
  const isOver = () => performance.now() > end
  const originName = ({ kind, name }) => (kind === 'page' ? `missing:${name}` : name)
  for (const { kind, name } of names) for (const at of instances) await kinds[kind].read(at, name)

  async function reads(mine) {
    while (!isOver()) {
      const { kind, name } = mine.pick(names)
      const at = mine.pick(instances)
      const read = checker.begin(at.name, name, kinds[kind].scopes, kind)
      let value
      try {
        value = await kinds[kind].read(at, name)
      } catch {
        failed++
        // An instance that was frozen, or a request that took too long: nothing was read.
        await after(20)
      }
      read.ended(value)
    }
  }

  async function updates(mine) {
    while (!isOver()) {
      const target = mine.pick(names)
      const { kind, name } = target
      const tag = kind === 'page' ? `missing:${name}` : `t:${name}`
      const path = kind === 'page' ? `/missing/${name}` : `/page/${name}`
      origin.delay(originName(target), mine.pick([0, 0, 5, 40]))
      const byPath = ['page', 'shown', 'data'].includes(kind) && mine.chance(0.5)
      const scope = byPath ? `${kind} path` : kind
      const version = origin.change(originName(target))
      let confirmed = false
      try {
        if (byPath) confirmed = (await mine.pick(instances).act([['revalidatePath', path]])).status === 200
        else if (mine.chance(0.2))
          confirmed =
            (await silos.post('/v1/tags/update', { tags: [tag], remember: true }, mine.below(silos.count))).status ===
            200
        else if (kind === 'item' && mine.chance(0.5)) {
          // What Next makes in the action after its update has no token of its own.
          const { status, results } = await mine.pick(instances).act([
            ['updateTag', tag],
            ['read', 'item', name, specOf(name)],
          ])
          confirmed = status === 200
          if (confirmed && results[0].version < version)
            checker.violations.push(`An action did not read its own update of ${name}`)
        } else confirmed = (await mine.pick(instances).act([['updateTag', tag]])).status === 200
      } catch {
        // Nothing was confirmed.
      }
      if (confirmed) checker.confirm(name, scope, version)
      else checker.unconfirmed++
      await after(mine.below(60))
    }
  }

  async function breaks(mine) {
    const deeds = {
      'froze a silo': async () => {
        const silo = mine.below(silos.count)
        silos.freeze(silo)
        await after(mine.pick([300, 1_500, 4_000, 8_000]))
        silos.thaw(silo)
      },
      'killed a silo': async () => {
        const silo = mine.below(silos.count)
        await silos.kill(silo)
        await after(mine.below(3_000))
        await silos.restart(silo)
      },
      'restarted all silos, one after the other': async () => {
        for (let silo = 0; silo < silos.count; silo++) {
          await silos.stop(silo)
          await silos.restart(silo)
        }
      },
      'froze an instance': async () => {
        const at = mine.pick(instances)
        at.send('SIGSTOP')
        await after(mine.pick([500, 3_000]))
        at.send('SIGCONT')
      },
    }
    const order = mine.shuffle(Object.keys(deeds))
    for (let i = 0; !isOver(); i++) {
      const what = order[i % order.length]
      await deeds[what]()
      faults[what] = (faults[what] ?? 0) + 1
      await silos.whenWhole()
      await after(mine.below(1_500))
    }
  }

  const tasks = [
    ...Array.from({ length: Number(options.readers) }, () => reads(random.fork())),
    ...Array.from({ length: Number(options.updaters) }, () => updates(random.fork())),
  ]
  if (!options['without-faults']) tasks.push(breaks(random.fork()))
  const endProgress = every(10_000, () => log(`${checker.reads} reads, ${checker.updates} updates`))
  await Promise.all(tasks).finally(endProgress)

  checker.close()
  log(`faults: ${JSON.stringify(faults)}`)
  for (const violation of checker.violations.slice(0, 20)) console.log(`VIOLATION: ${violation}`)
  console.log(
    `${checker.reads} reads (${failed} without an answer), ${checker.updates} updates confirmed, ${checker.unconfirmed} not, ` +
      `${checker.joins} joined a fill within Next, ${checker.undecided} undecided, ${checker.violations.length} violations, seed ${options.seed}`,
  )
  return checker.violations.length === 0 && checker.reads - failed > 100 && checker.updates > 10 ? 0 : 1
}

await run(main)
