import { backendOf } from './backend.js'
import { LegacyHandler } from './legacy-handler.js'
import type { LegacyContext } from './legacy-types.js'
import type { HandlerOptions } from './options.js'

export { type WithOrleansTagCacheOptions, withOrleansTagCache } from './config.js'
export type {
  CacheControl,
  LegacyContext,
  LegacyEntry,
  LegacyGetContext,
  LegacySetContext,
  LegacyValue,
} from './legacy-types.js'
export type { HandlerOptions } from './options.js'
export type { CacheEntry, CacheHandler } from './types.js'
export { createCacheHandler } from './use-cache.js'

/** A class for `cacheHandler` with options of its own, for those who write a handler file of their own. */
export function createLegacyHandler(options: HandlerOptions = {}): new (context?: LegacyContext) => LegacyHandler {
  const backend = backendOf(options)
  return class extends LegacyHandler {
    constructor(context?: LegacyContext) {
      super(backend, context)
    }
  }
}
export type { LegacyHandler } from './legacy-handler.js'
