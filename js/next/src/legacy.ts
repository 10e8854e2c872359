import { LegacyHandler } from './legacy-handler.js'
import type { LegacyContext } from './legacy-types.js'
import { shared } from './shared.js'

/** The class for `cacheHandler`, configured by the environment. */
export default class OrleansTagCacheLegacyHandler extends LegacyHandler {
  constructor(context?: LegacyContext) {
    super(shared().backend, context)
  }
}
