// The time of tests. No other file of the tests sets a timer.
import { AsyncResource } from 'node:async_hooks'

const real = { setTimeout, clearTimeout, setImmediate }

/** One turn of the event loop: what is ready has been read, and what was put off until then has run. */
export function turn() {
  return new Promise((resolve) => real.setImmediate(resolve))
}

/** Lets real time pass: for what is said of a process that a test cannot hold. */
export function realTime(ms) {
  return new Promise((resolve) => real.setTimeout(resolve, ms))
}

class Timer extends AsyncResource {
  constructor(clock, run, delay, args) {
    super('Timeout')
    this.clock = clock
    this.run = () => this.runInAsyncScope(run, undefined, ...args)
    this.delay = Math.max(1, delay || 0)
    this.refresh()
  }

  refresh() {
    this.clock.add(this)
    return this
  }

  ref() {
    return this
  }

  unref() {
    return this
  }

  hasRef() {
    return false
  }
}

/**
 * A clock that stands still until a test moves it: that of `performance.now`, `Date.now` and `setTimeout`, for all that runs in this process. As on a real
 * one, no two readings are the same: each takes a microsecond. What the clock of the machine runs is node's own: sockets, servers and the runner of tests.
 */
class HeldClock {
  #now = 100_000
  #timers = new Set()
  #waiting = new Set()

  get now() {
    return this.#now
  }

  read() {
    this.#now += 0.001
    return this.#now
  }

  add(timer) {
    timer.at = this.#now + timer.delay
    // The last to be armed is the last of those that are due at the same time.
    this.#timers.delete(timer)
    this.#timers.add(timer)
    for (const waiting of [...this.#waiting]) {
      waiting(timer)
    }
  }

  clear(timer) {
    this.#timers.delete(timer)
  }

  /** Resolves when a timer is set whose delay is in that range; at once, if there is one. */
  armed(least, most = least) {
    const isMeant = ({ delay }) => delay >= least && delay <= most
    if ([...this.#timers].some(isMeant)) {
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const look = (timer) => {
        if (isMeant(timer)) {
          this.#waiting.delete(look)
          resolve()
        }
      }
      this.#waiting.add(look)
    })
  }

  /** Lets time pass: timers run when they are due, one after the other, with a turn of the event loop between them. */
  async pass(ms) {
    const end = this.#now + ms
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      await turn()
      this.#run(due)
    }
    this.#now = Math.max(this.#now, end)
    await turn()
  }

  /** Holds this process up: when it goes on, all that has become due runs at once, before anything that has arrived is read. */
  holdUp(ms) {
    this.#now += ms
    for (let due = this.#next(this.#now); due !== undefined; due = this.#next(this.#now)) {
      this.#run(due)
    }
  }

  #run(timer) {
    if (this.#timers.delete(timer)) {
      this.#now = Math.max(this.#now, timer.at)
      timer.run()
    }
  }

  #next(end) {
    let next
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) {
        next = timer
      }
    }
    return next
  }
}

/** Holds the time of this process. Each file of tests has a process of its own. */
export function holdTime() {
  const clock = new HeldClock()
  performance.now = () => clock.read()
  Date.now = () => Math.floor(performance.timeOrigin + clock.read())
  globalThis.setTimeout = (run, delay, ...args) => new Timer(clock, run, delay, args)
  globalThis.clearTimeout = (timer) => (timer instanceof Timer ? clock.clear(timer) : real.clearTimeout(timer))
  return clock
}

/** Whether a promise has not been settled by now. */
export async function isPending(promise) {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  await turn()
  return !isSettled
}
