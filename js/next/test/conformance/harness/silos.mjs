import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child, freePorts } from './children.mjs'
import { until } from './waits.mjs'

const repository = fileURLToPath(new URL('../../../../../', import.meta.url))

/** The silo program that the solution builds. CONFORMANCE_SILO names another one. */
function program() {
  if (process.env.CONFORMANCE_SILO) return process.env.CONFORMANCE_SILO
  const built = ['Debug', 'Release']
    .map((configuration) => `${repository}src/Silo/bin/${configuration}/net10.0/OrleansTagCache.Silo.dll`)
    .find(existsSync)
  if (!built) throw new Error('Build the silo first: dotnet build src/Silo')
  return built
}

/** Silo programs on a Redis of their own, each a process. */
export class Silos {
  #redis
  #redisPort
  #settings
  // Silos of tests live for seconds, and need not be compiled for years.
  #environment
  #ports = []
  #children = []

  static async start(count, settings = {}, environment = { DOTNET_TieredPGO: '0' }) {
    const silos = new Silos()
    silos.#settings = settings
    silos.#environment = environment
    ;[silos.#redisPort] = await freePorts(1)
    silos.#redis = await Child.start(
      'redis',
      'redis-server',
      ['--port', silos.#redisPort, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'].map(String),
      { ready: 'Ready to accept connections', cwd: '/tmp' },
    )
    for (let i = 0; i < count; i++) {
      silos.#ports.push(await freePorts(3))
      await silos.restart(i)
    }
    await silos.whenWhole()
    return silos
  }

  /** Their HTTP addresses. */
  get urls() {
    return this.#ports.map(([http]) => `http://127.0.0.1:${http}`)
  }

  /** The address of their Redis. */
  get redis() {
    return `127.0.0.1:${this.#redisPort}`
  }

  get count() {
    return this.#ports.length
  }

  pid(silo) {
    return this.#children[silo].pid
  }

  output(silo) {
    return this.#children[silo].output
  }

  /** Starts a silo, at first or anew, on the ports that it always has. */
  async restart(silo) {
    const [http, port, gateway] = this.#ports[silo]
    const settings = {
      SiloPort: port,
      GatewayPort: gateway,
      'Clustering:Provider': 'Redis',
      'Clustering:ConnectionString': `127.0.0.1:${this.#redisPort}`,
      ...this.#settings,
    }
    this.#children[silo] = await Child.start(
      `silo ${silo}`,
      'dotnet',
      [
        program(),
        '--urls',
        `http://127.0.0.1:${http}`,
        ...Object.entries(settings).map(([name, value]) => `--TagCache:${name}=${value}`),
      ],
      {
        ready: 'OrleansTagCache is ready.',
        cwd: '/tmp',
        env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', ...this.#environment },
      },
    )
  }

  freeze(silo) {
    this.#children[silo].send('SIGSTOP')
  }

  thaw(silo) {
    this.#children[silo].send('SIGCONT')
  }

  kill(silo) {
    return this.#children[silo].kill()
  }

  /** Ends a silo as a deploy does. */
  stop(silo) {
    return this.#children[silo].stop()
  }

  /**
   * Waits until every silo serves, sees all others, and has sent what it had to send. Those that have ended meanwhile are started anew: one that
   * was frozen for long ends by itself, since the others have taken it for dead.
   */
  whenWhole() {
    return until(
      async () => {
        for (const [silo, child] of this.#children.entries()) if (child.hasEnded) await this.restart(silo)
        return (await Promise.all(this.urls.map((url) => this.#isWhole(url)))).every(Boolean)
      },
      'every silo serves and sees all others',
      120_000,
    )
  }

  async post(path, body, silo = 0) {
    const answer = await fetch(this.urls[silo] + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    })
    return { status: answer.status, body: await answer.json().catch(() => undefined) }
  }

  /** What a silo says of itself and the others. */
  async cluster(silo = 0) {
    return (await fetch(`${this.urls[silo]}/v1/cluster`, { signal: AbortSignal.timeout(5_000) })).json()
  }

  async close() {
    await Promise.all(this.#children.map((child) => child?.kill()))
    await this.#redis?.kill()
  }

  async #isWhole(url) {
    try {
      const answer = await fetch(`${url}/v1/cluster`, { signal: AbortSignal.timeout(2_000) })
      const { members, unreachable } = await answer.json()
      return (
        members.length === this.count &&
        unreachable.length === 0 &&
        members.every((member) => isSettled(member, this.count))
      )
    } catch {
      return false
    }
  }
}

function isSettled({ serving, moves, standby }, silos) {
  return (
    serving &&
    moves.owners === silos &&
    moves.settled &&
    moves.fillingSeconds === null &&
    standby.waiting === 0 &&
    standby.behind === 0
  )
}
