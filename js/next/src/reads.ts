import type { Token } from '@orleans-tag-cache/client'

/** What a read of a key found, and when. */
export interface Read<T> {
  /** The time of `performance.now()` when it was answered: what is made for want of a value is begun after it. */
  readonly at: number
  readonly token: Token | undefined
  /** Whether it found what need not be made anew. */
  readonly isFresh: boolean
  readonly value: T | undefined
}

interface Open<T> {
  readonly first: Read<T>
  count: number
}

/**
 * The reads of one request, by key: since when is what it stores being made? Next.js does not say for which of several reads it is, so it counts as made
 * since the first whose value has not been stored. That is true of each of them, and at worst says less than could be said.
 */
export class Reads<T> {
  readonly #open = new Map<string, Open<T>>()
  readonly #fresh = new Map<string, Read<T>>()

  add(key: string, read: Read<T>): void {
    if (read.isFresh) {
      // Made anew all the same if the page is revalidated on demand.
      this.#fresh.set(key, read)
      return
    }
    const open = this.#open.get(key)
    if (open === undefined) {
      this.#open.set(key, { first: read, count: 1 })
    } else {
      open.count++
    }
  }

  /** The read after which a value was begun that is now to be stored; undefined if there was none. Its token is good for one. */
  take(key: string): Read<T> | undefined {
    const open = this.#open.get(key)
    if (open === undefined) {
      return this.#fresh.get(key)
    }
    if (--open.count === 0) {
      this.#open.delete(key)
    } else {
      this.#open.set(key, { first: { ...open.first, token: undefined }, count: open.count })
    }
    return open.first
  }
}
