import type { TagCacheClient } from './client.js'
import { now } from './clock.js'
import { TagCacheError } from './errors.js'
import { tell } from './tell.js'
import type { CacheLife, CacheLifeProfile, ReadResult, Token } from './types.js'

/** How {@link TagCacheClient.getOrCreate} keeps a value. */
export interface GetOrCreateOptions<T> {
  /** Tags of the entry, or a function of the value that names them. At most 1,024. */
  tags?: readonly string[] | ((value: T) => readonly string[])
  /** Default: the profile `default`. */
  life?: CacheLifeProfile | CacheLife
  /** Milliseconds to wait for a value that another caller makes. 0 to 30,000. Default: 10,000. */
  wait?: number
  /** Seconds for which others wait for this caller, if it gets the token. Default: the silo's, 30. */
  lease?: number
  /** Told of failures that do not reach the caller: a silo that did not answer, a value that was not stored, a refresh that failed. What it throws is told on the console. */
  onError?: (error: unknown) => void
}

export async function getOrCreate<T>(
  client: TagCacheClient,
  key: string,
  create: () => T | Promise<T>,
  options: GetOrCreateOptions<T>,
): Promise<T> {
  let found: ReadResult | undefined
  try {
    found = await client.read(key, {
      wait: options.wait ?? 10_000,
      ...(options.lease === undefined ? {} : { lease: options.lease }),
    })
  } catch (error) {
    if (error instanceof TagCacheError && (error.code === 'invalid_argument' || error.code === 'not_configured')) {
      throw error
    }
    tell(options.onError, error)
    return create()
  }
  if (found.status === 'miss') {
    return make(client, key, create, options, found.token)
  }
  let value: T
  try {
    value = JSON.parse(Buffer.from(found.value).toString('utf8')) as T
  } catch {
    // Another program's, or an earlier version's: what is made now replaces it.
    return make(client, key, create, options, found.token)
  }
  if (found.token !== undefined) {
    make(client, key, create, options, found.token).catch((error: unknown) => tell(options.onError, error))
  }
  return value
}

async function make<T>(
  client: TagCacheClient,
  key: string,
  create: () => T | Promise<T>,
  options: GetOrCreateOptions<T>,
  token: Token | undefined,
): Promise<T> {
  const since = now()
  let value: T
  let stored: Promise<unknown>
  try {
    value = await create()
    const text = JSON.stringify(value)
    if (text === undefined) {
      throw new TagCacheError('invalid_argument', 'A cached value must be JSON; undefined and functions are not.')
    }
    const tags = typeof options.tags === 'function' ? options.tags(value) : options.tags
    stored = client.store(key, Buffer.from(text, 'utf8'), {
      contentType: 'application/json',
      ...(tags === undefined ? {} : { tags }),
      ...(options.life === undefined ? {} : { life: options.life }),
      ...(token === undefined ? { since } : { token }),
    })
  } catch (error) {
    if (token !== undefined) {
      await client.abandon(token).catch((e: unknown) => tell(options.onError, e))
    }
    throw error
  }
  try {
    const outcome = await stored
    if (typeof outcome === 'object' && outcome !== null && 'reason' in outcome && outcome.reason === 'refused') {
      tell(options.onError, outcome)
    }
  } catch (error) {
    tell(options.onError, error)
  }
  return value
}
