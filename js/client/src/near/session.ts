import type { Silo } from '../connection.js'

// The bound on the error of a clock's rate against another's: 1 %.
const usable = 1 - 0.01

/**
 * The right to serve what was kept of one silo. It is counted from before the question that brought it, and it never comes back once the
 * session was left. All values that were kept under it end with it.
 */
export class Session {
  #deadline = Number.NEGATIVE_INFINITY
  #isOver = false
  #lastGrant = 0
  /** How many values are kept under it. */
  kept = 0

  constructor(
    readonly silo: string,
    readonly id: bigint,
    readonly source?: Silo,
  ) {}

  get isOver(): boolean {
    return this.#isOver
  }

  /** How much was granted last, in milliseconds; 0 before the first grant. */
  get lastGrant(): number {
    return this.#lastGrant
  }

  /** @param now The clock, read for this very use. */
  isValid(now: number): boolean {
    return now < this.#deadline && !this.#isOver
  }

  /** A grant came in an answer to a question that was asked at `askedAt`. One that comes late changes nothing. */
  granted(askedAt: number, grant: number): void {
    if (grant > 0) {
      this.#deadline = Math.max(this.#deadline, askedAt + grant * usable)
      this.#lastGrant = grant
    }
  }

  leave(): void {
    this.#isOver = true
  }
}
