// Thousands of requests of all kinds: what do the instances and the silos hold after them?
//   node faults/soak.mjs [--requests 20000] [--variable NAME=VALUE]
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { deploy, prepare } from '../harness/app.mjs'
import { Instance } from '../harness/next.mjs'
import { Origin } from '../harness/origin.mjs'
import { environmentOf, log, run } from '../harness/program.mjs'
import { Random } from '../harness/random.mjs'
import { Silos } from '../harness/silos.mjs'

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    names: { type: 'string', default: '200' },
    variable: { type: 'string', multiple: true, default: [] },
  },
})
const requests = Number(options.requests)
const rounds = 10
const mebibyte = 1 << 20
const random = new Random(1)

async function main() {
  const origin = await Origin.start()
  const starting = Silos.start(3)
  const app = await prepare({ originUrl: origin.url, log })
  const silos = await starting
  const environment = environmentOf(options.variable)
  const instances = []
  for (const name of ['a', 'b']) {
    instances.push(
      await Instance.start(app, {
        name,
        dist: await deploy(app, name),
        originUrl: origin.url,
        otcUrl: silos.urls.join(','),
        environment,
        nodeArguments: ['--expose-gc', '--require', new URL('../harness/heap.cjs', import.meta.url).pathname],
      }),
    )
  }

  const name = () => `soak-${random.below(Number(options.names))}`
  const spec = (of) => ({ tags: [`t:${of}`, 'soak'], life: 'hours', revalidate: 3_600, bytes: 2_000 })
  const kinds = {
    item: async (at, of) => at.read('item', of, spec(of)),
    remote: async (at, of) => at.read('remote', of, spec(of)),
    fetched: async (at, of) => at.read('fetched', of, spec(of)),
    unstable: async (at, of) => at.read('unstable', of, spec(of)),
    shown: async (at, of) => at.show('item', of, spec(of)),
    page: async (at, of) => at.page(`/missing/${of}`),
    prerendered: async (at) => at.page('/static'),
    update: async (at, of) => at.act([['updateTag', `t:${of}`]]),
    revalidate: async (at, of) => at.do(['revalidateTag', `t:${of}`, 'max']),
    path: async (at, of) => at.act([['revalidatePath', `/missing/${of}`]]),
  }
  const mix = [
    'item',
    'item',
    'item',
    'remote',
    'fetched',
    'unstable',
    'shown',
    'shown',
    'page',
    'page',
    'prerendered',
    'update',
    'revalidate',
    'path',
  ]

  async function load(count) {
    let left = count
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (left-- > 0) await kinds[random.pick(mix)](random.pick(instances), name())
      }),
    )
  }

  async function memory() {
    const found = {}
    for (const at of instances) {
      const said = at.saysNext('memory ')
      at.send('SIGUSR2')
      const { heapUsed, external, rss } = JSON.parse((await said).slice('memory '.length))
      found[`next ${at.name} heap`] = (heapUsed + external) / mebibyte
      found[`next ${at.name} rss`] = rss / mebibyte
    }
    for (let silo = 0; silo < silos.count; silo++) {
      const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${silos.pid(silo)}/status`, 'utf8'))[1]
      found[`silo ${silo} rss`] = Number(kilobytes) / 1024
    }
    return found
  }

  log(`warm up with ${requests / rounds} requests`)
  await load(requests / rounds)
  const samples = [await memory()]
  const start = performance.now()
  for (let round = 1; round <= rounds; round++) {
    await load(requests / rounds)
    samples.push(await memory())
    log(
      `${(round * requests) / rounds} requests: ${Object.entries(samples.at(-1))
        .map(([what, value]) => `${what} ${value.toFixed(1)}`)
        .join(', ')}`,
    )
  }
  const seconds = (performance.now() - start) / 1_000
  console.log(`${requests} requests in ${seconds.toFixed(0)} s; ${origin.asked} answers of the source`)
  for (const what of Object.keys(samples[0])) {
    const values = samples.map((sample) => sample[what])
    console.log(
      `${what}: ${values[0].toFixed(1)} -> ${values.at(-1).toFixed(1)} MiB, ${((slope(values) * 1_000) / (requests / rounds)).toFixed(3)} MiB per 1,000 requests in the second half`,
    )
  }
}

/** By how much values rise from one to the next: the least squares of the second half of them. */
function slope(all) {
  const values = all.slice(Math.floor(all.length / 2))
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  return values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0) / squares
}

await run(main)
