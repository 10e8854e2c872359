import { withOrleansTagCache } from '@orleans-tag-cache/next'

export default withOrleansTagCache({ cacheComponents: true, partialPrefetching: true })
