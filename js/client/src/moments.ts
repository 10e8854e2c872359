interface Moment {
  readonly at: number
  readonly value: string
}

/** A ring of moments that are at least `spacing` apart. */
class Ring {
  readonly #moments: Moment[] = []
  #next = 0
  #last = Number.NEGATIVE_INFINITY

  constructor(
    readonly spacing: number,
    readonly size: number,
  ) {}

  add(moment: Moment): void {
    if (moment.at - this.#last < this.spacing) {
      return
    }
    this.#last = moment.at
    this.#moments[this.#next] = moment
    this.#next = (this.#next + 1) % this.size
  }

  newestUntil(limit: number): Moment | undefined {
    const count = this.#moments.length
    for (let i = 1; i <= count; i++) {
      const moment = this.#moments[(this.#next - i + count) % count]
      if (moment !== undefined && moment.at <= limit) {
        return moment
      }
    }
    return undefined
  }
}

/**
 * The moments of a silo (`Tag-Cache-As-Of`) that its answers have borne, each with the time of this process at which it was
 * received. A value that was begun after a moment was received was begun after that moment. Kept are at most 640: the last 256, every 10 ms of the
 * last 1.2 s, every 250 ms of the last 32 s, every 4 s of the last 8 minutes. An older one is as true, and less exact.
 */
export class Moments {
  readonly #rings = [new Ring(0, 256), new Ring(10, 128), new Ring(250, 128), new Ring(4_000, 128)]

  add(at: number, value: string): void {
    const moment = { at, value }
    for (const ring of this.#rings) {
      ring.add(moment)
    }
  }

  /** The newest moment that was received at or before a time, or undefined. */
  before(time: number): Moment | undefined {
    let best: Moment | undefined
    for (const ring of this.#rings) {
      const found = ring.newestUntil(time)
      if (found !== undefined && (best === undefined || found.at > best.at)) {
        best = found
      }
    }
    return best
  }
}
