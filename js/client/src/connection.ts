import { AsyncResource } from 'node:async_hooks'
import { type Dispatcher, Pool } from 'undici'
import { Breaker } from './breaker.js'
import { now } from './clock.js'
import { TagCacheError } from './errors.js'
import { Moments } from './moments.js'

/** One silo of the list. */
export interface Silo {
  readonly origin: string
  readonly moments: Moments
  /** Whether it is asked at all: what is not answered over a WebSocket counts too. */
  readonly breaker?: Breaker
}

/** What to ask of a silo. */
export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array | string
  /** Milliseconds for the whole call, attempts at several silos included. */
  readonly timeout: number
  /** Whether open breakers are passed by: a read gives up at once, a change tries every silo. */
  readonly insists: boolean
  /** Whether the silo may take its time: it waits for another caller, and says nothing of itself by being slow. */
  readonly waits?: boolean
  /** Whether it is sent once, to whichever silo: sent again, it would count as made again, after what was updated since. */
  readonly once?: boolean
  /** The only silo that can take the call. */
  readonly only?: Silo | undefined
}

/** What a silo answered. */
export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Uint8Array
  readonly silo: Silo
  /** The time before the call was sent. */
  readonly sentAt: number
  /** The time after the answer was read. */
  readonly receivedAt: number
}

export interface ConnectionOptions {
  readonly urls: readonly string[]
  readonly key: string | undefined
  readonly connections: number
  readonly breakerFailures: number
}

interface Endpoint extends Silo {
  readonly pool: Pool
  /** For calls that wait: they must not take the connections of those that do not. */
  readonly waiting: Pool
  readonly prefix: string
  readonly breaker: Breaker
}

const shortestPause = 1_000
const longestPause = 10_000
const largestAnswer = 68 * 1024 * 1024

// Sockets and timers belong to the process. Opened in the course of a request they would keep that request's async context,
// and all that hangs on it, for as long as they live.
const apart = new AsyncResource('OrleansTagCache')

/**
 * The way to the silos: a pool of connections for each address. Calls go to one silo, and to the next when it fails: failover, not
 * spreading. A silo that failed is passed by for a while.
 */
export class Connection {
  readonly #endpoints: Endpoint[]
  readonly #authorization: string | undefined
  /** Of all silos together: else a reader would find out one after the other that none of them answers. */
  readonly #reads: Breaker
  #closing: Promise<unknown> | undefined
  #current = 0

  constructor(options: ConnectionOptions) {
    this.#authorization = options.key === undefined ? undefined : `Bearer ${options.key}`
    this.#endpoints = options.urls.map((text) => endpoint(text, options))
    this.#reads = new Breaker(options.breakerFailures, shortestPause, longestPause)
  }

  /**
   * Runs a read that is answered at once, if at all. When as many in a row as the breaker takes were not answered in time, whichever silos they were sent
   * to, the next are not sent for a while: no page waits for longer than that many time-outs, however many silos are in the list.
   */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    if (!this.#reads.tryEnter(now())) {
      throw new TagCacheError('unreachable', 'No silo has answered lately; this call was not sent.')
    }
    try {
      const answer = await read()
      this.#reads.succeeded()
      return answer
    } catch (error) {
      if (error instanceof TagCacheError && error.code === 'timeout') {
        this.#reads.failed(now())
      } else {
        this.#reads.learnedNothing()
      }
      throw error
    }
  }

  async send(call: Call): Promise<Answer> {
    const until = now() + call.timeout
    const candidates = call.only === undefined ? this.#inOrder() : this.#endpoints.filter((e) => e === call.only)
    let failure: TagCacheError | undefined
    let last: Answer | undefined
    for (const [i, silo] of candidates.entries()) {
      const start = now()
      const left = until - start
      if (left <= 0) {
        break
      }
      if (!silo.breaker.tryEnter(start) && !call.insists) {
        continue
      }
      // A change that a frozen silo does not answer must leave time for the next one.
      const others = candidates.length - i - 1
      const allowed = call.insists ? left / (others + 1) : left
      try {
        const answer = await this.#attempt(silo, call, allowed)
        if (!failsOver(answer)) {
          this.#answered(silo)
          return answer
        }
        last = answer
        if (codeOf(answer) === 'update_incomplete') {
          // It has answered: what it waited for is another process.
          this.#answered(silo)
          if (call.once === true) {
            break
          }
          continue
        }
      } catch (error) {
        failure = asError(error)
        if (call.waits === true && failure.code === 'timeout') {
          silo.breaker.learnedNothing()
          continue
        }
        if (failure.code === 'invalid_argument') {
          // It was not sent: that is the call's fault, and no silo's.
          silo.breaker.learnedNothing()
          throw failure
        }
        if (failure.code === 'payload_too_large') {
          this.#answered(silo)
          throw failure
        }
      }
      silo.breaker.failed(now())
      this.#leave(silo)
      if (call.once === true) {
        break
      }
    }
    if (last !== undefined) {
      return last
    }
    throw failure ?? new TagCacheError('unreachable', 'No silo has answered lately; this call was not sent.')
  }

  /** The silos of the list, in its order. */
  get silos(): readonly Silo[] {
    return this.#endpoints
  }

  /** The newest moment of any silo that was received at or before a time. Only its silo knows it. */
  momentBefore(time: number): { silo: Silo; value: string } | undefined {
    let best: { silo: Silo; value: string; at: number } | undefined
    for (const silo of this.#endpoints) {
      const found = silo.breaker.isOpen ? undefined : silo.moments.before(time)
      if (found !== undefined && (best === undefined || found.at > best.at)) {
        best = { silo, value: found.value, at: found.at }
      }
    }
    return best
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.all(this.#endpoints.flatMap((e) => [e.pool.close(), e.waiting.close()]))
    await this.#closing
  }

  async #attempt(silo: Endpoint, call: Call, allowed: number): Promise<Answer> {
    const headers: Record<string, string> = { ...call.headers }
    if (this.#authorization !== undefined) {
      headers['authorization'] = this.#authorization
    }
    const control = new AbortController()
    const sentAt = now()
    const timer = apart.runInAsyncScope(() =>
      setTimeout(() => {
        // After this process was held up itself: what has arrived in between is read first.
        setImmediate(() => control.abort(new TagCacheError('timeout', `No answer within ${Math.round(allowed)} ms.`)))
      }, allowed),
    )
    try {
      const request: Dispatcher.RequestOptions = {
        path: silo.prefix + call.path,
        method: call.method,
        headers,
        signal: control.signal,
        body: call.body ?? null,
      }
      const response = await apart.runInAsyncScope(() =>
        (call.waits === true ? silo.waiting : silo.pool).request(request),
      )
      const body = await response.body.bytes()
      const receivedAt = now()
      const asOf = response.headers['tag-cache-as-of']
      if (typeof asOf === 'string') {
        silo.moments.add(receivedAt, asOf)
      }
      return { status: response.statusCode, headers: response.headers, body, silo, sentAt, receivedAt }
    } finally {
      clearTimeout(timer)
    }
  }

  #inOrder(): Endpoint[] {
    const { length } = this.#endpoints
    const all = this.#endpoints.map((_, i) => this.#endpoints[(this.#current + i) % length] as Endpoint)
    return length === 1 ? all : [...all.filter((e) => !e.breaker.isOpen), ...all.filter((e) => e.breaker.isOpen)]
  }

  #answered(silo: Endpoint): void {
    silo.breaker.succeeded()
    this.#reads.succeeded()
  }

  #leave(silo: Endpoint): void {
    if (this.#endpoints[this.#current] === silo) {
      this.#current = (this.#current + 1) % this.#endpoints.length
    }
  }
}

function endpoint(text: string, options: ConnectionOptions): Endpoint {
  const url = parse(text)
  const prefix = url.pathname.replace(/\/+$/, '')
  const open = (): Pool =>
    apart.runInAsyncScope(
      () =>
        new Pool(url.origin, {
          connections: options.connections,
          pipelining: 1,
          headersTimeout: 0,
          bodyTimeout: 0,
          maxResponseSize: largestAnswer,
          keepAliveTimeout: 30_000,
        }),
    )
  return {
    origin: url.origin + prefix,
    prefix,
    moments: new Moments(),
    breaker: new Breaker(options.breakerFailures, shortestPause, longestPause),
    pool: open(),
    waiting: open(),
  }
}

function parse(text: string): URL {
  // Without what may be a password in it, which the cause would tell too.
  const told = text.slice(text.lastIndexOf('@') + 1)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new TagCacheError('not_configured', `'${told}' is not the address of a silo, such as http://127.0.0.1:8080.`)
  }
  if (
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new TagCacheError(
      'not_configured',
      `The address of a silo is http:// or https://, a host and a port, such as http://127.0.0.1:8080; '${told}' has more or less.`,
    )
  }
  return url
}

/** Answers that another silo may better: this one does not serve, or has too much to do. */
function failsOver(answer: Answer): boolean {
  return (
    answer.status === 502 ||
    answer.status === 503 ||
    answer.status === 504 ||
    (answer.status === 404 && cacheStatus(answer)?.includes('fwd=bypass') === true)
  )
}

/** What the silo says of the entry in `Cache-Status`, without what proxies have added of theirs. */
export function cacheStatus(answer: Answer): string | undefined {
  const listed = [answer.headers['cache-status'] ?? []].flat().flatMap((line) => line.split(','))
  return listed.map((member) => member.trim()).find((member) => /^OrleansTagCache\b/.test(member))
}

/** The stable code of an answer that is an error, or undefined. */
export function codeOf(answer: Answer): string | undefined {
  if (answer.status < 400) {
    return undefined
  }
  try {
    const problem: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'))
    if (typeof problem === 'object' && problem !== null && 'code' in problem && typeof problem.code === 'string') {
      return problem.code
    }
  } catch {
    // A proxy's own page.
  }
  return undefined
}

function asError(error: unknown): TagCacheError {
  if (error instanceof TagCacheError) {
    return error
  }
  const text = error instanceof Error ? error.message : String(error)
  const { code } = error as { code?: unknown }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new TagCacheError('invalid_argument', `The call cannot be sent: ${text}`, { cause: error })
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const most = `${largestAnswer / 1024 / 1024} MiB`
    return new TagCacheError('payload_too_large', `The answer is larger than ${most}, and was not read.`, {
      cause: error,
    })
  }
  return new TagCacheError('unreachable', `The silo could not be reached: ${text}`, { cause: error })
}
