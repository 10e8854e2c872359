// What a cached call costs inside Next.js, with its own handler, ours, and those that keep entries in Redis, side by side in one run.
//   node bench/bench.mjs [--requests 400] [--rounds 5]
import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { deploy, prepare } from '../harness/app.mjs'
import { Child, freePorts } from '../harness/children.mjs'
import { Instance } from '../harness/next.mjs'
import { Origin } from '../harness/origin.mjs'
import { log, run } from '../harness/program.mjs'
import { Silos } from '../harness/silos.mjs'

const { values: options } = parseArgs({
  options: { requests: { type: 'string', default: '400' }, rounds: { type: 'string', default: '5' } },
})
const requests = Number(options.requests)
const rounds = Number(options.rounds)
const others = [
  '@mrjasonroy/cache-components-cache-handler@16.1.6',
  'ioredis@5',
  '@fortedigital/nextjs-cache-handler@3.3.0',
  '@redis/client@5',
]

const variants = [
  { name: "Next's own, in memory", handler: 'builtin', functions: ['item', 'fetched'] },
  { name: 'ours', handler: 'ours', functions: ['item', 'fetched'] },
  { name: 'ours, near', handler: 'ours', functions: ['item', 'fetched'], environment: { OTC_NEAR: 'true' } },
  { name: '@mrjasonroy/cache-components-cache-handler', handler: 'mrjasonroy', functions: ['item'] },
  { name: '@fortedigital/nextjs-cache-handler', handler: 'fortedigital', functions: ['fetched'] },
]

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

async function main() {
  const origin = await Origin.start()
  const [redisPort] = await freePorts(1)
  await Child.start(
    'redis',
    'redis-server',
    ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      ready: 'Ready to accept connections',
      cwd: '/tmp',
    },
  )
  const redis = `redis://127.0.0.1:${redisPort}`
  const silos = await Silos.start(1, {}, {})
  const running = []
  for (const variant of variants) {
    const app = await prepare({
      handler: variant.handler,
      originUrl: origin.url,
      install: others,
      log,
      environment: { REDIS_URL: redis },
    })
    if (variant.environment?.OTC_NEAR && !knows(app, 'OTC_NEAR')) {
      log(`${variant.name}: these packages have no near cache`)
      continue
    }
    const name = `bench${running.length}`
    const instance = await Instance.start(app, {
      name,
      dist: await deploy(app, name),
      originUrl: origin.url,
      otcUrl: silos.urls.join(','),
      environment: { REDIS_URL: redis, NODE_ENV: 'production', ...variant.environment },
    })
    running.push({ ...variant, instance, calls: {}, whole: [] })
  }

  const spec = { tags: ['a', 'b'], life: 'max', bytes: 1_024 }
  const read = async ({ instance, functions, calls, whole }, counts) => {
    for (const fn of functions) {
      const { ms, request } = await instance.timedRead(fn, `bench-${fn}`, spec)
      if (!counts) continue
      calls[fn] ??= []
      calls[fn].push(ms)
      if (fn === functions[0]) whole.push(request)
    }
  }
  log('warm up')
  for (const each of running) for (let i = 0; i < 2_000; i++) await read(each, false)
  const before = loadavg()[0]
  for (let round = 0; round < rounds; round++) {
    for (const each of running) for (let i = 0; i < requests; i++) await read(each, true)
    log(`round ${round + 1} of ${rounds}`)
  }

  const own = running[0]
  console.log(
    `one caller, 1 KB, ${requests * rounds} requests each, node ${process.version}, load ${before.toFixed(1)} to ${loadavg()[0].toFixed(1)}`,
  )
  for (const { name, calls, whole } of running) {
    const told = Object.entries(calls).map(
      ([fn, values]) =>
        `${fn} p50 ${median(values).toFixed(3)} ms (${(median(values) / median(own.calls[fn])).toFixed(2)} x)`,
    )
    console.log(`${name}: ${told.join(', ')}, request p50 ${median(whole).toFixed(2)} ms`)
  }
}

/** Whether the installed packages know a variable. */
function knows({ directory }, variable) {
  try {
    execFileSync('grep', ['-rq', variable, `${directory}/node_modules/@orleans-tag-cache`])
    return true
  } catch {
    return false
  }
}

await run(main)
