import type { Token } from '@orleans-tag-cache/client'

/** What a read of a key found, and when. */
export interface Read {
  /** The time of `performance.now()` when it was answered: what is made for want of a value is begun after it. */
  readonly at: number
  readonly token: Token | undefined
  /** Whether it found what need not be made anew. */
  readonly isFresh: boolean
  readonly value: unknown
}

/** Since when a value is being made that is to be stored. */
export interface Begun {
  readonly at: number
  /** A token that was received before, good for one value. */
  readonly token: Token | undefined
  /** A token that was received for it, and that it must not be stored with: it may have been begun before. */
  readonly unused: Token | undefined
}

// No request reads so many. Next.js has one handler for what is outside of requests too.
const mostKeys = 4_096

interface Open {
  readonly at: number
  readonly token: Token | undefined
  count: number
}

/**
 * The reads of one request, by key: since when is what it stores being made? Next.js does not say for which of several reads it is, so it counts as made
 * since the first whose value has not been stored. That is true of each of them, and at worst says less than could be said. A read that found a fresh value is
 * among them: Next.js makes it anew all the same, on demand or for a reader that asks for a newer one, and does not say so.
 */
export class Reads {
  readonly #open = new Map<string, Open>()
  readonly #fresh = new Map<string, number>()
  readonly #found = new WeakSet<object>()

  /** Records a read. Gives back a token that is not to be used any more, if there is one: no more than 4,096 keys are remembered. */
  add(key: string, read: Read): Token | undefined {
    if (typeof read.value === 'object' && read.value !== null) {
      this.#found.add(read.value)
    }
    const open = this.#open.get(key)
    if (read.isFresh) {
      if (!this.#fresh.has(key)) {
        this.#fresh.set(key, read.at)
        dropOldest(this.#fresh)
      }
    } else if (open === undefined) {
      this.#open.set(key, { at: read.at, token: read.token, count: 1 })
      return dropOldest(this.#open)?.token
    } else {
      open.count++
    }
    return undefined
  }

  /** Whether that very value is one that a read has found. */
  hasFound(value: object): boolean {
    return this.#found.has(value)
  }

  /** When a value was begun that is now to be stored, at the earliest; undefined if nobody has read its key. */
  take(key: string): Begun | undefined {
    const open = this.#open.get(key)
    const fresh = this.#fresh.get(key)
    if (open === undefined) {
      return fresh === undefined ? undefined : { at: fresh, token: undefined, unused: undefined }
    }
    if (--open.count === 0) {
      this.#open.delete(key)
    } else {
      this.#open.set(key, { ...open, token: undefined })
    }
    return fresh !== undefined && fresh < open.at
      ? { at: fresh, token: undefined, unused: open.token }
      : { at: open.at, token: open.token, unused: undefined }
  }
}

/** What is forgotten of a key counts as begun when the handler was made, which is earlier. */
function dropOldest<T>(reads: Map<string, T>): T | undefined {
  if (reads.size <= mostKeys) {
    return undefined
  }
  const [oldest] = reads
  const [key, read] = oldest as [string, T]
  reads.delete(key)
  return read
}
