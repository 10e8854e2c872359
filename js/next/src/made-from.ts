const mostValues = 1_024

/** A cached value that something in this process was given. */
interface Given {
  readonly key: string
  readonly at: number
  /** Since when it was made, if it was not there already. */
  readonly begunAt: number
  readonly tags: readonly string[]
}

/**
 * What values that are being made in this process may be made from: cached functions call cached functions, and pages show what they return. Such a value is
 * as old as the oldest that it was made from, whatever token it has: an update that its own silo knew of when the token was given need not have reached the
 * silo that the other value came from, and Next.js lets a call join one that was begun long before.
 *
 * Next.js gives the tags of the inner value to the outer one, and nothing else is known of who has called whom. So what was given to anyone while a value was made,
 * and shares a tag with it, counts as what it was made from. Of the last 1,024 values; what is forgotten counts too.
 */
export class MadeFrom {
  #given: Given[] = []
  #forgottenAt = Number.NEGATIVE_INFINITY
  #forgottenBegunAt = Number.POSITIVE_INFINITY

  /** A value was found: any process may have made it, at any time, and it was good when it was given. */
  found(key: string, tags: readonly string[]): void {
    this.#add(key, tags, Number.POSITIVE_INFINITY)
  }

  /** A value was made here, begun at that time of `performance.now()`: others may have joined it. */
  made(key: string, tags: readonly string[], begunAt: number): void {
    this.#add(key, tags, begunAt)
  }

  /**
   * Since when the value of a key counts as made that bears these tags and was begun at a time of `performance.now()`. It was not made from itself.
   *
   * @returns That time or an earlier one; undefined if it was made from nothing that was cached, and its token is enough.
   */
  since(key: string, tags: readonly string[], begunAt: number): number | undefined {
    const borne = new Set(tags)
    let since: number | undefined
    if (this.#forgottenAt >= begunAt) {
      since = Math.min(begunAt, this.#forgottenBegunAt)
    }
    for (let i = this.#given.length - 1; i >= 0; i--) {
      const given = this.#given[i] as Given
      if (given.at < begunAt) {
        break
      }
      if (given.key !== key && given.tags.some((tag) => borne.has(tag))) {
        since = Math.min(since ?? begunAt, given.begunAt)
      }
    }
    return since
  }

  #add(key: string, tags: readonly string[], begunAt: number): void {
    if (tags.length === 0) {
      return
    }
    this.#given.push({ key, at: performance.now(), begunAt, tags })
    if (this.#given.length >= 2 * mostValues) {
      const forgotten = this.#given.splice(0, mostValues)
      this.#forgottenAt = (forgotten.at(-1) as Given).at
      for (const given of forgotten) {
        this.#forgottenBegunAt = Math.min(this.#forgottenBegunAt, given.begunAt)
      }
    }
  }
}
