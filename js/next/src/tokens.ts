import type { Token } from '@orleans-tag-cache/client'

const mostKeys = 4_096
const mostOfAKey = 4

/** A read of a key: with the token that it got, or one that got none while another's was out. */
interface Read {
  readonly token: Token | undefined
  readonly at: number
}

/**
 * The tokens that reads got and no store has used yet, by key: of at most 4,096 keys, and 4 of one. A token that is dropped here, or whose
 * value is never made, ends with its lease.
 *
 * Next.js begins to make a value when its read has returned. So the newest read before that moment is its own: a store takes the token of that read, or none.
 */
export class Tokens {
  readonly #reads = new Map<string, Read[]>()

  /** Records what a read got. */
  put(key: string, token: Token | undefined): void {
    const others = this.#reads.get(key)
    if (token === undefined) {
      // All later ones are as this one, until there is a token again.
      if (others !== undefined && others.at(-1)?.token !== undefined) {
        others.push({ token, at: performance.now() })
      }
      return
    }
    const kept = (others ?? []).filter((r) => r.token === undefined || !isOver(r.token)).slice(2 - 2 * mostOfAKey)
    this.#reads.delete(key)
    this.#reads.set(key, [...kept, { token, at: token.receivedAt }])
    if (this.#reads.size > mostKeys) {
      for (const oldest of this.#reads.keys()) {
        this.#reads.delete(oldest)
        break
      }
    }
  }

  /** The token of the newest read of a key at or before a time, if it got one. */
  take(key: string, time: number): Token | undefined {
    const reads = this.#reads.get(key) ?? []
    const own = reads.findLast((r) => r.at <= time)
    this.#remove(key, own)
    return own?.token === undefined || isOver(own.token) ? undefined : own.token
  }

  /** Any token of a key, the oldest first. */
  takeAny(key: string): Token | undefined {
    const found = this.#reads.get(key)?.find((r) => r.token !== undefined)
    this.#remove(key, found)
    return found?.token
  }

  #remove(key: string, read: Read | undefined): void {
    if (read?.token === undefined) {
      return
    }
    const left = (this.#reads.get(key) ?? []).filter((r) => r !== read)
    if (left.some((r) => r.token !== undefined)) {
      this.#reads.set(key, left)
    } else {
      this.#reads.delete(key)
    }
  }
}

function isOver(token: Token): boolean {
  return token.until !== undefined && token.until <= performance.now()
}
