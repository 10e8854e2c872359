import type { Token } from '@orleans-tag-cache/client'
import { atMost, longestForAStore } from './at-most.js'
import { type Backend, backendOf, isBuilding, never, type Offer } from './backend.js'
import type { HandlerOptions } from './options.js'
import { deserialize, serialize } from './serialize.js'
import { Tokens } from './tokens.js'
import type { CacheEntry, CacheHandler } from './types.js'

interface Stored {
  readonly tags: string[]
  readonly stale: number
  readonly revalidate: number
  readonly expire: number
  readonly value: Uint8Array
}

// When a store has kept a reader waiting in vain, no other reader waits for one for as long as a silo may take to store: no page is to wait time and again.
const pauseAfterAWait = 5_000

/**
 * A handler for `cacheHandlers` with options of its own, for those who write a handler file of their own. Handlers
 * that are made with the same object of options tell the cluster of an update once.
 */
export function createCacheHandler(options: HandlerOptions = {}): CacheHandler {
  return createHandlerOf(backendOf(options))
}

/** @internal */
export function createHandlerOf(backend: Backend): CacheHandler & { idle(): Promise<void> } {
  const tokens = new Tokens()
  const pending = new Map<string, Promise<void>>()
  // When a reader last waited for a store in vain.
  let inVain = Number.NEGATIVE_INFINITY

  async function get(cacheKey: string, softTags: string[]): Promise<CacheEntry | undefined> {
    if (isBuilding()) {
      return undefined
    }
    const key = backend.keyOf('use', cacheKey)
    const storing = pending.get(key)
    if (storing !== undefined) {
      const isWorthWaiting = performance.now() - inVain > pauseAfterAWait
      if (!(await atMost(storing, isWorthWaiting ? longestForAStore : 0))) {
        // The silo is slow, and to ask it as well would take as long again.
        inVain = isWorthWaiting ? performance.now() : inVain
        tokens.put(key, undefined)
        return undefined
      }
    }
    const found = await backend.read(key, softTags)
    tokens.put(key, found?.token)
    if (found === undefined || found.status === 'miss') {
      return undefined
    }
    const stored = asStored(deserialize(found.value)?.value)
    if (stored === undefined) {
      return undefined
    }
    backend.madeFrom.found(key, stored.tags)
    return {
      value: streamOf(stored.value),
      tags: stored.tags,
      stale: stored.stale,
      revalidate: found.status === 'stale' ? -1 : stored.revalidate,
      expire: stored.expire,
      timestamp: performance.timeOrigin + found.madeAt,
    }
  }

  async function set(cacheKey: string, pendingEntry: Promise<CacheEntry>): Promise<void> {
    // Whoever waits for it below, or nobody: a rejection that nobody hears of would end the process.
    pendingEntry.catch(() => {})
    if (isBuilding()) {
      return
    }
    const key = backend.keyOf('use', cacheKey)
    const collecting = collect(key, pendingEntry)
    const storing = collecting.then((offer) => (offer === undefined ? undefined : backend.store(key, offer)))
    pending.set(key, storing)
    void storing.then(() => {
      if (pending.get(key) === storing) {
        pending.delete(key)
      }
    })
    // Until this returns Next.js lets every reader of the process join what is being stored, without asking whether it was updated since. So the value is
    // on its way when it returns, and reads of the key wait for it as long as is right.
    await collecting
  }

  /** What there is to store of an entry, with its bytes copied. Never throws. */
  async function collect(key: string, pendingEntry: Promise<CacheEntry>): Promise<Offer | undefined> {
    let entry: CacheEntry
    try {
      entry = await pendingEntry
    } catch {
      backend.abandon(tokens.takeAny(key))
      return undefined
    }
    let token: Token | undefined
    try {
      const since = entry.timestamp - performance.timeOrigin
      token = tokens.take(key, since)
      if (!(entry.expire > 0) || !Number.isFinite(since)) {
        backend.abandon(token)
        return undefined
      }
      const { tags, stale, revalidate, expire } = entry
      // Before anything is waited for: what was made from this value comes to its own end soon.
      const madeSince = backend.madeFrom.since(key, tags, since)
      backend.madeFrom.made(key, tags, madeSince ?? since)
      const value = await drain(entry.value, backend.settings.maxEntryBytes)
      if (value === undefined) {
        // The function threw: what came of it is not to be kept, and the next reader runs it anew.
        backend.abandon(token)
        return undefined
      }
      if (value === 'too large') {
        backend.refused(key, `An entry of more than ${backend.settings.maxEntryBytes} bytes is not stored.`, token)
        return undefined
      }
      return {
        frame: serialize({ tags: [...tags], stale, revalidate, expire, value } satisfies Stored),
        tags,
        life: {
          stale: atLeastZero(stale),
          revalidate: Math.min(atLeastZero(revalidate), expire),
          expire: atLeastZero(expire),
        },
        token,
        since: madeSince ?? since,
        isMadeFromCached: madeSince !== undefined,
      }
    } catch (error) {
      // It is no entry as Next.js 16 defines it. A promise that is rejected here, and that nobody waits for, would end the process.
      backend.refused(key, `An entry was not stored: ${String(error)}`, token, 'broken')
      return undefined
    }
  }

  return {
    get: (cacheKey, softTags) => backend.attempt(() => get(cacheKey, softTags)),
    set: (cacheKey, pendingEntry) => backend.attempt(() => set(cacheKey, pendingEntry)),
    /** Resolves when all that was to be stored until now is stored, or was refused. */
    async idle(): Promise<void> {
      await Promise.all(pending.values())
    },
    async refreshTags(): Promise<void> {
      // The silo judges each entry when it is read.
    },
    async getExpiration(): Promise<number> {
      // Soft tags are named at each read.
      return Number.POSITIVE_INFINITY
    },
    async updateTags(tags: string[], durations?: { expire?: number }): Promise<void> {
      if (!isBuilding()) {
        await backend.update(tags, durations)
      }
    },
  }
}

function atLeastZero(seconds: number): number {
  return Math.min(Math.max(seconds || 0, 0), never)
}

function asStored(value: unknown): Stored | undefined {
  const stored = value as Partial<Stored> | null | undefined
  const times = [stored?.stale, stored?.revalidate, stored?.expire]
  const isWhole = stored?.value instanceof Uint8Array && Array.isArray(stored.tags)
  return isWhole && times.every((time) => typeof time === 'number') ? (stored as Stored) : undefined
}

function streamOf(value: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      if (value.byteLength > 0) {
        controller.enqueue(value)
      }
      controller.close()
    },
  })
}

/** The bytes of a stream, copied; undefined if it failed. */
async function drain(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array | 'too large' | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    const reader = stream.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        return Buffer.concat(chunks, size)
      }
      size += value.byteLength
      if (size > most) {
        // Whoever makes the rest may take any time to end, or fail.
        reader.cancel().catch(() => {})
        return 'too large'
      }
      chunks.push(value)
    }
  } catch {
    return undefined
  }
}
