import { createServer } from 'node:http'
import { after, signal } from './waits.mjs'

/**
 * The source of all values, over HTTP: for each name a version, which tests raise, and how often it was asked.
 * An answer has the version of the moment when the request arrived.
 */
export class Origin {
  #server
  #names = new Map()

  static async start() {
    const origin = new Origin()
    origin.#server = createServer((request, response) => origin.#answer(request, response))
    origin.#server.keepAliveTimeout = 60_000
    await new Promise((resolve) => origin.#server.listen(0, '127.0.0.1', resolve))
    return origin
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  /** How often a name was asked for. */
  count(name) {
    return this.#of(name).count
  }

  /** How often it was asked for anything. */
  get asked() {
    return [...this.#names.values()].reduce((sum, { count }) => sum + count, 0)
  }

  version(name) {
    return this.#of(name).version
  }

  /** Makes a new version of what is under a name, with more about it if that is said, and gives its number. */
  change(name, more) {
    const of = this.#of(name)
    of.more = more ?? of.more
    return ++of.version
  }

  /** Lets each answer for a name take that long. */
  delay(name, ms) {
    this.#of(name).delay = ms
  }

  /** Holds the next answer for a name back: `asked` resolves when it is asked for, and `release` lets the answer go. */
  hold(name) {
    const asked = signal()
    const released = signal()
    this.#of(name).holds.push({ asked: asked.set, released: released.promise })
    return { asked: asked.promise, release: released.set }
  }

  /** Answers the next requests for a name with an error. */
  fail(name, times) {
    this.#of(name).failures = times
  }

  forget() {
    this.#names.clear()
  }

  async close() {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #of(name) {
    let of = this.#names.get(name)
    if (!of) {
      of = { version: 1, count: 0, delay: 0, more: undefined, holds: [], failures: 0 }
      this.#names.set(name, of)
    }
    return of
  }

  async #answer(request, response) {
    const name = decodeURIComponent(new URL(request.url, 'http://origin').pathname.slice(1))
    const of = this.#of(name)
    const said = JSON.stringify({ name, version: of.version, n: ++of.count, ...of.more })
    const hold = of.holds.shift()
    if (hold) {
      hold.asked()
      await hold.released
    } else if (of.delay) {
      await after(of.delay)
    }
    if (of.failures > 0) {
      of.failures--
      response.statusCode = 500
    }
    response.setHeader('Content-Type', 'application/json')
    response.end(said)
  }
}
