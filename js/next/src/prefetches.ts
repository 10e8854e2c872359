import { subscribe } from 'node:diagnostics_channel'

type Headers = Readonly<Record<string, unknown>>

/** The headers of requests by which the router in browsers prefetches, as objects: they go when their request has gone. */
const ofTheRouter = new WeakSet<object>()

// Next.js takes these headers off a request before it makes its cache handlers, and keeps what they said to itself.
subscribe('http.server.request.start', (message) => {
  const { headers } = (message as { request: { headers: Headers } }).request
  if (headers['next-router-prefetch'] === '1' && headers['rsc'] === '1') {
    ofTheRouter.add(headers)
  }
})

/**
 * Whether a request is a prefetch, by its headers. Next.js gives a prefetch a stale page and does not render it anew. A prefetch that cannot be told counts as a reader like any
 * other: so does one that arrived before this module was loaded.
 */
export function isPrefetch(headers: Headers | undefined): boolean {
  return headers !== undefined && (headers['purpose'] === 'prefetch' || ofTheRouter.has(headers))
}
