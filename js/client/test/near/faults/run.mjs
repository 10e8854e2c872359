// Three silos, several processes of Node with near caches, and real faults; every read is checked: once an update has returned, no read that starts
// afterwards, in any process, gets an older version. Needs redis-server and a built silo:
//   dotnet build -c Release src/Silo; (cd js && npm ci && npm run build)
//   node js/client/test/near/faults/run.mjs [--seconds 120] [--without-lease]
// With --without-lease the check of the lease is taken out of the workers: then old reads must be found.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const seconds = option('seconds', 120)
const workerCount = option('workers', 3)
const first = option('port', 29_100)
const repository = new URL('../../../../../', import.meta.url).pathname
const program = join(repository, 'src/Silo/bin/Release/net10.0/OrleansTagCache.Silo.dll')
const monotonic = () => Number(process.hrtime.bigint()) / 1e6
const children = []
process.on('exit', () => {
  for (const child of children) {
    child.kill('SIGKILL')
  }
})
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => process.exit(2))
}

// Half of the keys bear their tag; the others are read with it as a soft tag.
const keys = Array.from({ length: 24 }, (_, i) => ({
  key: `key:${i}`,
  tag: `tag:${i}`,
  tags: i % 2 === 0 ? [`tag:${i}`] : ['other'],
  soft: i % 2 === 0 ? [] : ['layout', `tag:${i}`],
}))
const versions = keys.map(() => 1)
const promised = keys.map(() => [])
const counts = { reads: 0, updates: 0, unknown: 0, violations: 0, hits: 0, asked: 0, passed: 0, errors: 0 }

function dist() {
  const built = join(repository, 'js/client/dist/esm')
  if (!process.argv.includes('--without-lease')) {
    return `${pathToFileURL(built).href}/`
  }
  const copy = mkdtempSync(join(tmpdir(), 'near-'))
  cpSync(built, copy, { recursive: true })
  const path = join(copy, 'near', 'session.js')
  const text = readFileSync(path, 'utf8')
  const mutated = text.replace('now < this.#deadline &&', '')
  if (mutated === text) {
    throw new Error('The check of the lease is not where it was.')
  }
  writeFileSync(path, mutated)
  mkdirSync(join(copy, 'node_modules'))
  symlinkSync(join(repository, 'js/node_modules/undici'), join(copy, 'node_modules/undici'))
  return `${pathToFileURL(copy).href}/`
}

function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  child.output = ''
  child.stdout.on('data', (data) => {
    child.output = (child.output + data).slice(-20_000)
  })
  children.push(child)
  return child
}

const httpOf = (silo) => `http://127.0.0.1:${first + 10 * silo}`

function startSilo(silo) {
  return start('dotnet', [
    program,
    `--urls=${httpOf(silo)}`,
    `--TagCache:SiloPort=${first + 10 * silo + 1}`,
    `--TagCache:GatewayPort=${first + 10 * silo + 2}`,
    '--TagCache:Clustering:Provider=Redis',
    `--TagCache:Clustering:ConnectionString=127.0.0.1:${first + 90}`,
    '--TagCache:Access:AllowLocalWithoutKeys=true',
  ])
}

async function whenServing(silo, patience = 90_000) {
  const until = monotonic() + patience
  for (;;) {
    try {
      const answer = await fetch(`${httpOf(silo)}/health/ready`, { signal: AbortSignal.timeout(1_000) })
      if (answer.status === 200) {
        return
      }
    } catch {
      // Not yet.
    }
    if (monotonic() > until) {
      throw new Error(`Silo ${silo} does not serve.`)
    }
    await delay(100)
  }
}

/** Stands between one worker and one silo, and can be cut, or held up in either direction. */
class Wire {
  constructor(port, target) {
    this.pairs = new Set()
    this.isHeld = false
    this.server = createServer({ pauseOnConnect: false }, (near) => {
      const far = connect(target, '127.0.0.1')
      const pair = [near, far]
      this.pairs.add(pair)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        from.on('data', (data) => to.write(data))
        from.on('error', () => {})
        from.on('close', () => {
          to.destroy()
          this.pairs.delete(pair)
        })
      }
      if (this.isHeld) {
        this.hold(true)
      }
    })
    this.server.listen(port, '127.0.0.1')
    this.port = port
  }

  cut() {
    for (const [near, far] of this.pairs) {
      near.destroy()
      far.destroy()
    }
  }

  /** Holds up what the silo sends; with `both`, also what the worker sends. */
  hold(isHeld, both = false) {
    this.isHeld = isHeld
    for (const [near, far] of this.pairs) {
      isHeld ? far.pause() : far.resume()
      if (both || !isHeld) {
        isHeld ? near.pause() : near.resume()
      }
    }
  }
}

const built = dist()
start('redis-server', ['--port', String(first + 90), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
await delay(500)
const silos = []
for (let silo = 0; silo < 3; silo++) {
  silos.push(startSilo(silo))
  await whenServing(silo)
}

const proxies = Array.from({ length: workerCount }, (_, worker) =>
  silos.map((_, silo) => new Wire(first + 100 + 10 * worker + silo, first + 10 * silo)),
)
const workers = proxies.map((own) => {
  const child = fork(new URL('./worker.mjs', import.meta.url), {
    env: {
      ...process.env,
      NEAR_DIST: built,
      WORKER: JSON.stringify({ keys }),
      URLS: own.map((proxy) => `http://127.0.0.1:${proxy.port}`).join(','),
    },
  })
  child.last = { hits: 0, asked: 0, passed: 0 }
  child.on('message', (message) => {
    if (message.source !== undefined) {
      child.send({ version: versions[message.source], number: message.number })
      return
    }
    for (const [name, startedAt, version] of message.reads) {
      counts.reads++
      check(child, name, startedAt, version)
    }
    child.last = { ...message.near, errors: message.errors }
  })
  children.push(child)
  return child
})

function check(child, name, startedAt, version) {
  for (const { returnedAt, promisedVersion } of promised[name]) {
    if (startedAt > returnedAt && version < promisedVersion) {
      counts.violations++
      if (counts.violations <= 20) {
        console.log(
          `OLD READ by ${child.pid} of ${keys[name].key}: version ${version}, and ${promisedVersion} was promised ${(startedAt - returnedAt).toFixed(1)} ms before it began (${fault})`,
        )
      }
      return
    }
  }
}

const { TagCacheClient } = await import(`${pathToFileURL(join(repository, 'js/client/dist/esm')).href}/index.js`)
const updater = new TagCacheClient({ url: silos.map((_, silo) => httpOf(silo)).join(','), updateTimeout: 30_000 })
let stopping = false
let fault = 'none'

async function update(offset) {
  for (let i = offset; !stopping; i += 4) {
    const name = (i * 7) % keys.length
    versions[name]++
    const promisedVersion = versions[name]
    try {
      await updater.updateTags([keys[name].tag])
      promised[name].push({ returnedAt: monotonic(), promisedVersion })
      promised[name] = promised[name].slice(-400)
      counts.updates++
    } catch {
      counts.unknown++
    }
    await delay(20)
  }
}

const any = (list) => list[Math.floor(Math.random() * list.length)]
const faults = {
  none: () => delay(2_000),
  'a worker is frozen': async () => {
    const worker = any(workers)
    worker.kill('SIGSTOP')
    await delay(3_500)
    worker.kill('SIGCONT')
  },
  'a worker is blocked': async () => {
    any(workers).send({ block: 3_500 })
    await delay(3_500)
  },
  'sockets are cut': async () => {
    for (let i = 0; i < 6; i++) {
      any(any(proxies)).cut()
      await delay(400)
    }
  },
  'what a silo sends is held up': async () => {
    const proxy = any(any(proxies))
    proxy.hold(true)
    await delay(4_000)
    proxy.hold(false)
  },
  'a connection is held up': async () => {
    const proxy = any(any(proxies))
    proxy.hold(true, true)
    await delay(4_000)
    proxy.hold(false)
  },
  'all connections of a worker are held up': async () => {
    const own = any(proxies)
    for (const proxy of own) {
      proxy.hold(true)
    }
    await delay(4_000)
    for (const proxy of own) {
      proxy.hold(false)
    }
  },
  'a silo is frozen for a moment': async () => {
    const silo = any(silos)
    silo.kill('SIGSTOP')
    await delay(3_000)
    silo.kill('SIGCONT')
  },
  'a silo is frozen until it is declared dead': async () => {
    const at = Math.floor(Math.random() * 3)
    silos[at].kill('SIGSTOP')
    await delay(15_000)
    silos[at].kill('SIGCONT')
    await delay(2_000)
    silos[at].kill('SIGKILL')
    silos[at] = startSilo(at)
    await whenServing(at)
  },
  'a silo is killed, and started anew': async () => {
    const at = Math.floor(Math.random() * 3)
    silos[at].kill('SIGKILL')
    await delay(4_000)
    silos[at] = startSilo(at)
    await whenServing(at)
  },
  'a silo stops, and is started anew': async () => {
    const at = Math.floor(Math.random() * 3)
    silos[at].kill('SIGTERM')
    await Promise.race([once(silos[at], 'exit'), delay(40_000)])
    silos[at] = startSilo(at)
    await whenServing(at)
  },
}

try {
  const updating = [0, 1, 2, 3].map(update)
  await delay(2_000)
  const until = monotonic() + seconds * 1_000
  const names = Object.keys(faults)
  for (let round = 0; monotonic() < until || round < names.length; round++) {
    fault = names[round % names.length]
    const before = { ...counts }
    await faults[fault]()
    await delay(1_000)
    const near = workers.map((worker) => worker.last)
    console.log(
      `${fault}: ${counts.reads - before.reads} reads, ${counts.updates - before.updates} updates, ${counts.unknown - before.unknown} of unknown outcome, ${counts.violations - before.violations} old reads; sessions ${near.map((n) => n.sessions).join('/')}`,
    )
    if (monotonic() > until && process.argv.includes('--short')) {
      break
    }
  }
  stopping = true
  await Promise.all(updating)
  for (const worker of workers) {
    worker.send({ stop: true })
  }
  await Promise.race([Promise.all(workers.map((worker) => once(worker, 'exit'))), delay(10_000)])
  for (const { last } of workers) {
    counts.hits += last.hits
    counts.asked += last.asked
    counts.passed += last.passed
    counts.errors += last.errors ?? 0
  }
} finally {
  stopping = true
}
console.log(JSON.stringify(counts))
process.exit(counts.violations > 0 ? 1 : 0)
