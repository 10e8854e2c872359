/**
 * Whether a silo is asked at all. It is closed until as many calls in a row as `threshold` have failed; then it is open for
 * a pause, and lets one call through. That call closes it, or the pause doubles, up to `longest`.
 */
export class Breaker {
  #failures = 0
  #pause: number
  #openUntil: number | undefined
  #probing = false

  constructor(
    readonly threshold: number,
    readonly shortest: number,
    readonly longest: number,
  ) {
    this.#pause = shortest
  }

  get isOpen(): boolean {
    return this.#openUntil !== undefined
  }

  /** Whether a call may go there now. While it is open, the first caller after the pause may, and must report its outcome. */
  tryEnter(now: number): boolean {
    if (this.#openUntil === undefined) {
      return true
    }
    if (this.#probing || now < this.#openUntil) {
      return false
    }
    this.#probing = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#openUntil = undefined
    this.#probing = false
    this.#pause = this.shortest
  }

  /** A call ended that tells nothing of the silo: if it was the one that was let through, the next may try. */
  learnedNothing(): void {
    this.#probing = false
  }

  failed(now: number): void {
    if (this.#openUntil === undefined) {
      if (++this.#failures >= this.threshold) {
        this.#openUntil = now + this.#pause
      }
    } else if (this.#probing) {
      // Only the probe counts: calls that were under way when it opened say nothing new.
      this.#probing = false
      this.#pause = Math.min(this.#pause * 2, this.longest)
      this.#openUntil = now + this.#pause
    }
  }
}
