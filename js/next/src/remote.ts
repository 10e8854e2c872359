import { shared } from './shared.js'
import type { CacheHandler } from './types.js'

/** The handler for `'use cache: remote'`: the same object as the one for `'use cache'`, so that it is told of an update once. */
const handler: CacheHandler = shared().handler
export default handler
