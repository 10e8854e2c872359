import { cacheTag } from 'next/cache'

/** What a cached function gives: a value, and who made it. Of all but the value, the cache needs nothing; the pages show it. */
export interface Made<T> {
  value: T
  /** The instance that ran the function. */
  by: string
  /** When, by the clock of this machine, in milliseconds. */
  at: number
  /** How long that took, in milliseconds. */
  took: number
  tags: string[]
}

/** Runs a function whose value goes into the cache under these tags. To be called in a function with 'use cache'. */
export async function make<T>(tags: string[], read: () => Promise<T>): Promise<Made<T>> {
  cacheTag(...tags)
  const start = performance.now()
  const value = await read()
  return { value, by: instance(), at: Date.now(), took: performance.now() - start, tags }
}

/** The process that this is: `next start` leaves its port in the environment. */
export function instance(): string {
  return `port ${process.env.PORT ?? 'unknown'} (process ${process.pid})`
}
