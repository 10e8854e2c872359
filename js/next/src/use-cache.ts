import { type Backend, backendOf, isBuilding, never } from './backend.js'
import type { HandlerOptions } from './options.js'
import { deserialize, serialize } from './serialize.js'
import { Tokens } from './tokens.js'
import type { CacheEntry, CacheHandler } from './types.js'

// A reader that came after a value was made gets that value, unless storing it takes longer than this, in milliseconds.
const longestForAStore = 1_000

interface Stored {
  readonly tags: string[]
  readonly stale: number
  readonly revalidate: number
  readonly expire: number
  readonly value: Uint8Array
}

/**
 * A handler for `cacheHandlers` with options of its own, for those who write a handler file of their own. Handlers
 * that are made with the same object of options tell the cluster of an update once.
 */
export function createCacheHandler(options: HandlerOptions = {}): CacheHandler {
  return createHandlerOf(backendOf(options))
}

/** @internal */
export function createHandlerOf(backend: Backend): CacheHandler {
  const tokens = new Tokens()
  const pending = new Map<string, Promise<void>>()

  async function get(cacheKey: string, softTags: string[]): Promise<CacheEntry | undefined> {
    if (isBuilding()) {
      return undefined
    }
    const key = backend.keyOf('use', cacheKey)
    const storing = pending.get(key)
    if (storing !== undefined) {
      await atMost(storing, longestForAStore)
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
    if (isBuilding()) {
      return
    }
    const key = backend.keyOf('use', cacheKey)
    const storing = store(key, pendingEntry)
    pending.set(key, storing)
    await storing
    if (pending.get(key) === storing) {
      pending.delete(key)
    }
  }

  async function store(key: string, pendingEntry: Promise<CacheEntry>): Promise<void> {
    let entry: CacheEntry
    try {
      entry = await pendingEntry
    } catch {
      backend.abandon(tokens.takeAny(key))
      return
    }
    const since = entry.timestamp - performance.timeOrigin
    const token = tokens.take(key, since)
    if (!(entry.expire > 0) || !Number.isFinite(since)) {
      backend.abandon(token)
      return
    }
    const value = await drain(entry.value, backend.settings.maxEntryBytes)
    if (value === undefined) {
      // The function threw: what came of it is not to be kept, and the next reader runs it anew.
      backend.abandon(token)
      return
    }
    if (value === 'too large') {
      backend.refused(key, `An entry of more than ${backend.settings.maxEntryBytes} bytes is not stored.`, token)
      return
    }
    const { tags, stale, revalidate, expire } = entry
    await backend.store(key, {
      frame: serialize({ tags: [...tags], stale, revalidate, expire, value } satisfies Stored),
      tags,
      life: {
        stale: atLeastZero(stale),
        revalidate: Math.min(atLeastZero(revalidate), expire),
        expire: atLeastZero(expire),
      },
      token,
      since,
    })
  }

  return {
    get,
    set,
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

/** Waits for a store, whose value may be a stream that does not end, for so many milliseconds at most. */
async function atMost(storing: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([storing, over])
  clearTimeout(timer)
}

function atLeastZero(seconds: number): number {
  return Math.min(Math.max(seconds || 0, 0), never)
}

function asStored(value: unknown): Stored | undefined {
  const stored = value as Partial<Stored> | null | undefined
  return stored?.value instanceof Uint8Array && Array.isArray(stored.tags) ? (stored as Stored) : undefined
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
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        return Buffer.concat(chunks, size)
      }
      size += value.byteLength
      if (size > most) {
        await reader.cancel()
        return 'too large'
      }
      chunks.push(value)
    }
  } catch {
    return undefined
  }
}
