import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { unlessBefore } from './waits.mjs'

const linesKept = 400
const running = new Set()

/** A process that a test starts and, whatever happens, ends: the kernel ends it too if this process is killed. */
export class Child {
  #process
  #lines = []
  #watchers = new Set()
  #name
  #exited

  constructor(name, command, args, options) {
    this.#name = name
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    running.add(this)
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#hear(error.message)
        resolve(-1)
      })
      this.#process.once('exit', (code, signal) => resolve(code ?? signal))
    }).then((code) => {
      running.delete(this)
      for (const watcher of this.#watchers) watcher.ended(code)
      return code
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      let rest = ''
      stream.setEncoding('utf8').on('data', (chunk) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop()
        for (const line of lines) this.#hear(line)
      })
    }
  }

  /** Starts a program and waits until it has said that it is ready. */
  static async start(name, command, args, { ready, patience = 60_000, ...options }) {
    const child = new Child(name, command, args, options)
    await child.says(ready, patience)
    return child
  }

  get pid() {
    return this.#process.pid
  }

  get hasEnded() {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** The last of what it has said. */
  get output() {
    return this.#lines.join('\n')
  }

  /** Waits until it has said that. */
  says(text, patience = 30_000) {
    return this.#says(text, patience, true)
  }

  /** Waits until it says that anew. */
  saysNext(text, patience = 30_000) {
    return this.#says(text, patience, false)
  }

  #says(text, patience, before) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        isInTime()
        this.#watchers.delete(watcher)
        settle(value)
      }
      const fail = (what) => done(reject, new Error(`${this.#name} ${what} before it said "${text}":\n${this.output}`))
      const watcher = {
        heard: (line) => line.includes(text) && done(resolve, line),
        ended: (code) => fail(`ended with ${code}`),
      }
      const isInTime = unlessBefore(patience, () => fail(`took longer than ${patience} ms`))
      this.#watchers.add(watcher)
      const said = before ? this.#lines.find((line) => line.includes(text)) : undefined
      if (said !== undefined) done(resolve, said)
    })
  }

  send(signal) {
    this.#process.kill(signal)
  }

  /** Waits until it has ended, and gives its exit code or the signal that ended it. */
  get exit() {
    return this.#exited
  }

  /** Asks it to end, and waits until it has. */
  async stop(signal = 'SIGTERM') {
    this.send(signal)
    return this.#exited
  }

  /** Ends it, frozen or not. */
  kill() {
    return this.stop('SIGKILL')
  }

  #hear(line) {
    this.#lines.push(line)
    if (this.#lines.length > linesKept) this.#lines.shift()
    for (const watcher of this.#watchers) watcher.heard(line)
  }
}

/** Ends every child that still runs. */
export function endChildren() {
  return Promise.all([...running].map((child) => child.kill()))
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => endChildren().then(() => process.exit(1)))
}

/** Ports of the loopback that nobody listens on. None is given out twice. */
const taken = new Set()

export async function freePorts(count) {
  const servers = []
  const ports = []
  while (ports.length < count) {
    const server = createServer()
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    servers.push(server)
    const { port } = server.address()
    if (!taken.has(port)) {
      taken.add(port)
      ports.push(port)
    }
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
