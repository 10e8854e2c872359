import type { Token } from '@orleans-tag-cache/client'

const mostKeys = 4_096
const mostOfAKey = 4

/**
 * The tokens that reads got and no store has used yet, by key: of at most 4,096 keys, and 4 of one. A token that is dropped here, or whose
 * value is never made, ends with its lease.
 */
export class Tokens {
  readonly #tokens = new Map<string, Token[]>()

  put(token: Token): void {
    const others = this.#tokens.get(token.key)
    this.#tokens.delete(token.key)
    this.#tokens.set(token.key, [...(others ?? []).slice(1 - mostOfAKey), token])
    if (this.#tokens.size > mostKeys) {
      for (const oldest of this.#tokens.keys()) {
        this.#tokens.delete(oldest)
        break
      }
    }
  }

  /** The newest token of a key that was received at or before a time: what was begun after that time may be stored with it. */
  take(key: string, time: number): Token | undefined {
    const now = performance.now()
    const live = (this.#tokens.get(key) ?? []).filter((t) => t.until === undefined || t.until > now)
    const found = live.findLast((t) => t.receivedAt <= time)
    this.#keep(
      key,
      live.filter((t) => t !== found),
    )
    return found
  }

  /** Any token of a key, the oldest first. */
  takeAny(key: string): Token | undefined {
    const [found, ...others] = this.#tokens.get(key) ?? []
    this.#keep(key, others)
    return found
  }

  #keep(key: string, tokens: Token[]): void {
    if (tokens.length === 0) {
      this.#tokens.delete(key)
    } else {
      this.#tokens.set(key, tokens)
    }
  }
}
