export { TagCacheClient } from './client.js'
export { TagCacheError } from './errors.js'
export type { GetOrCreateOptions } from './get-or-create.js'
export { tagName, tagNames } from './names.js'
export { ConnectedTagCacheClient } from './near/connected-client.js'
export { type NearClientOptions, type NearCounts, NearTagCacheClient } from './near/near-client.js'
export type { SocketCounts } from './near/socket-client.js'
export type { TagCacheClientOptions } from './options.js'
export type {
  CacheLife,
  CacheLifeProfile,
  ReadOptions,
  ReadResult,
  StoreOptions,
  StoreOutcome,
  Token,
  UpdateResult,
} from './types.js'
