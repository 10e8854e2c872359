import { unstable_cache } from 'next/cache'
import { ask } from './origin'

/** What is under a name, through Next's own `fetch`. */
export async function fetched(name, { tags = [], revalidate } = {}) {
  const answer = await fetch(`${process.env.ORIGIN_URL}/${encodeURIComponent(name)}`, {
    cache: revalidate === undefined ? 'force-cache' : undefined,
    next: { tags, ...(revalidate === undefined ? {} : { revalidate }) },
  })
  return answer.json()
}

/** The same through `unstable_cache`. */
export async function unstable(name, { tags = [], revalidate } = {}) {
  return unstable_cache(() => ask(name), [name], { tags, revalidate })()
}

/** Reads by one of some functions, and tells how long it took. */
export async function readBy(fn, args) {
  const start = performance.now()
  const value = await fn(...args)
  return { value: value === undefined ? 'undefined' : value, ms: performance.now() - start }
}
