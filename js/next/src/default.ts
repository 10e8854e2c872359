import { shared } from './shared.js'
import type { CacheHandler } from './types.js'

/** The handler for `'use cache'`, configured by the environment. */
const handler: CacheHandler = shared().handler
export default handler
