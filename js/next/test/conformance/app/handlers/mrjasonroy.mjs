import { createCacheHandler } from '@mrjasonroy/cache-components-cache-handler'

export default createCacheHandler({ type: 'redis' })
