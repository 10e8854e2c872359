import { TagCacheError } from './errors.js'
import { checkKey, tagNames } from './names.js'
import type { CacheLife, ReadOptions, StoreOptions, StoreOutcome } from './types.js'

const mostTags = 1_024
const longestLease = 2 ** 31 - 1
// More than any life, and unlike an infinity a number of JSON.
const forever = 1e15
const printable = /^[\x20-\x7e]*$/

/** What is to be stored, checked as far as this process can tell. */
export interface Offer {
  readonly tags: string[]
  readonly life: string | CacheLife
  readonly contentType: string
}

/**
 * What a store offers, or why it is refused.
 *
 * @throws TagCacheError `invalid_argument`: it is not what a store takes at all.
 */
export function offerOf(
  key: string,
  value: Uint8Array,
  options: StoreOptions,
): Offer | (StoreOutcome & { stored: false }) {
  checkKey(key)
  if (!(value instanceof Uint8Array)) {
    throw new TagCacheError('invalid_argument', 'A value is bytes: a Uint8Array, or a Buffer.')
  }
  const tags = tagNames(options.tags ?? [])
  if (tags.length > mostTags) {
    return refused(`An entry has at most ${mostTags} tags; this one has ${tags.length}.`)
  }
  const contentType = options.contentType ?? 'application/octet-stream'
  if (!printable.test(contentType)) {
    return refused('The media type of a value is printable ASCII.')
  }
  const life = options.life ?? 'default'
  if (typeof life === 'string') {
    return { tags, life, contentType }
  }
  const seconds: { stale?: number; revalidate?: number; expire?: number } = {}
  for (const field of ['stale', 'revalidate', 'expire'] as const) {
    const given = life[field]
    if (given === undefined) {
      continue
    }
    if (typeof given !== 'number' || !(given >= 0)) {
      return refused(`'${field}' must be 0 seconds or more; it is ${given}.`)
    }
    seconds[field] = Math.min(given, forever)
  }
  return { tags, life: seconds, contentType }
}

function refused(detail: string): StoreOutcome & { stored: false } {
  return { stored: false, reason: 'refused', code: 'invalid_argument', detail }
}

/** The seconds of a token's lease, whole and within what the silo takes. */
export function leaseOf(options: ReadOptions): number | undefined {
  if (options.lease === undefined) {
    return undefined
  }
  if (typeof options.lease !== 'number' || Number.isNaN(options.lease)) {
    throw new TagCacheError('invalid_argument', 'lease must be a number of seconds.')
  }
  return Math.min(Math.max(1, Math.floor(options.lease)), longestLease)
}
