import { Backend } from './backend.js'
import type { CacheHandler } from './types.js'
import { createHandlerOf } from './use-cache.js'

interface Shared {
  readonly backend: Backend
  readonly handler: CacheHandler
}

const symbol = Symbol.for('@orleans-tag-cache/next')

/**
 * What all handlers of a process share, however often and in whichever form a bundler has copied this module: one client, and one
 * handler object for `default` and `remote`, so that Next.js tells it of an update once.
 */
export function shared(): Shared {
  const place = globalThis as { [symbol]?: Shared }
  let found = place[symbol]
  if (found === undefined) {
    const backend = new Backend()
    found = { backend, handler: createHandlerOf(backend) }
    place[symbol] = found
  }
  return found
}
