/** An entry of `'use cache'`, as Next.js 16 defines it. */
export interface CacheEntry {
  value: ReadableStream<Uint8Array>
  tags: string[]
  /** Seconds. */
  stale: number
  /** Milliseconds since 1970, with fractions. */
  timestamp: number
  /** Seconds. */
  expire: number
  /** Seconds; -1 for an entry that is stale. */
  revalidate: number
}

/** A handler of `cacheHandlers`, as Next.js 16 defines it. */
export interface CacheHandler {
  get(cacheKey: string, softTags: string[]): Promise<CacheEntry | undefined>
  set(cacheKey: string, pendingEntry: Promise<CacheEntry>): Promise<void>
  refreshTags(): Promise<void>
  getExpiration(tags: string[]): Promise<number>
  updateTags(tags: string[], durations?: { expire?: number }): Promise<void>
}
