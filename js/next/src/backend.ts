import { createHash } from 'node:crypto'
import {
  ConnectedTagCacheClient,
  NearTagCacheClient,
  type ReadResult,
  type StoreOptions,
  type TagCacheClient,
  TagCacheError,
  type Token,
  tagName,
} from '@orleans-tag-cache/client'
import { MadeFrom } from './made-from.js'
import { type HandlerOptions, nearOf, type ResolvedHandlerOptions, resolveHandlerOptions } from './options.js'

/** What Next.js means by "never", in seconds. */
export const never = 4_294_967_294

const mostTags = 1_024
const mostSoftTags = 128
// A silo takes longer ones, but proxies in front of it need not.
const longestSoftQuery = 7_000
// What one unit can become in a URL.
const longestUnit = 9
const mostUnstorable = 1_024
const pauseOfWarnings = 60_000

const loneSurrogate = /\p{Cs}/u

const mediaType = 'application/vnd.orleanstagcache.next'

/** What is to be stored, and by what right. */
export interface Offer {
  readonly frame: Buffer
  readonly tags: readonly string[]
  readonly life: { stale: number; revalidate: number; expire: number }
  /** A token that was received before the value was begun. */
  readonly token: Token | undefined
  /** A time of `performance.now()` before the value was begun. */
  readonly since: number
  /** Whether it may have been made from cached values: then the token does not tell how old it is, and is given back. */
  readonly isMadeFromCached: boolean
}

/** The cluster as the handlers of one process see it: one for all of them. It opens no connection before it is asked something. */
export class Backend {
  readonly #options: HandlerOptions
  readonly madeFrom = new MadeFrom()
  readonly #warned = new Map<string, number>()
  // Keys whose values broke a limit: no reader need wait for those that make them.
  readonly #unstorable = new Set<string>()
  #resolved: ResolvedHandlerOptions | undefined
  #client: TagCacheClient | undefined

  constructor(options: HandlerOptions = {}) {
    this.#options = options
  }

  get settings(): ResolvedHandlerOptions {
    this.#resolved ??= resolveHandlerOptions(this.#options)
    return this.#resolved
  }

  get client(): TagCacheClient {
    if (this.#client === undefined) {
      const near = nearOf(this.#options)
      this.#client =
        near === undefined
          ? new ConnectedTagCacheClient(this.#options)
          : new NearTagCacheClient({ ...this.#options, ...near })
    }
    return this.#client
  }

  /** The key of an entry: Next.js' own may be longer than a key can be, and hold anything. */
  keyOf(kind: 'use' | 'fetch' | 'page' | 'image', text: string, build = ''): string {
    // Two texts that differ in what UTF-8 cannot say have two keys all the same.
    const coding = loneSurrogate.test(text) ? 'utf16le' : 'utf8'
    const digest = createHash('sha256').update(`${kind}\0${build}\0`).update(text, coding).digest('hex')
    return `next:${this.settings.scope}${this.settings.scope === '' ? '' : ':'}${digest}`
  }

  /** What a handler does for Next.js, or undefined: whatever fails in it is told, and fails no page. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.warn(`fault:${String(error)}`, 'The cache has failed, and is passed by.', error)
      return undefined
    }
  }

  /** What there is, or undefined where that cannot be known: then nothing is waited for, and nothing thrown. */
  async read(
    key: string,
    softTags: readonly string[],
    wait: number = this.settings.wait,
  ): Promise<ReadResult | undefined> {
    try {
      if (softTags.length > mostSoftTags || isTooLong(softTags)) {
        this.warn('soft', `A route with more than ${mostSoftTags} implicit tags, or very long ones, is not cached.`)
        return undefined
      }
      return await this.client.read(key, {
        soft: softTags,
        wait: this.#unstorable.has(key) ? 0 : wait,
        lease: this.settings.lease,
      })
    } catch (error) {
      this.warn(`read:${codeOf(error)}`, 'An entry could not be read, and is made anew.', error)
      return undefined
    }
  }

  /** Stores a value; where that cannot be, its token goes back, and the reason is told once. Never throws. */
  async store(key: string, offer: Offer): Promise<void> {
    const fault =
      offer.tags.length > mostTags && new Set(offer.tags).size > mostTags
        ? `An entry with more than ${mostTags} tags is not stored.`
        : offer.frame.byteLength > this.settings.maxEntryBytes
          ? `An entry of more than ${this.settings.maxEntryBytes} bytes is not stored.`
          : undefined
    if (fault !== undefined) {
      this.refused(key, fault, offer.token)
      return
    }
    try {
      const options: StoreOptions = { tags: offer.tags, life: offer.life, contentType: mediaType }
      let outcome = await this.client.store(key, offer.frame, {
        ...options,
        ...(offer.token === undefined || offer.isMadeFromCached ? { since: offer.since } : { token: offer.token }),
      })
      if (!outcome.stored && outcome.reason === 'unknown_token') {
        // Its lease was over before the value was made. That it is newer than every update can be shown otherwise.
        outcome = await this.client.store(key, offer.frame, { ...options, since: offer.since })
      }
      if (outcome.stored) {
        this.#unstorable.delete(key)
      } else if (outcome.reason === 'refused') {
        this.refused(key, `An entry was not stored: ${outcome.detail} (${outcome.code})`, undefined, outcome.code)
      }
    } catch (error) {
      this.warn(`store:${codeOf(error)}`, 'An entry could not be stored.', error)
    } finally {
      if (offer.isMadeFromCached) {
        // It was not used. Those who wait for it have the value by now, or make their own.
        this.abandon(offer.token)
      }
    }
  }

  /** Tells of a value that cannot be stored, and gives its token back. */
  refused(key: string, why: string, token: Token | undefined, kind = why): void {
    this.#unstorable.delete(key)
    this.#unstorable.add(key)
    if (this.#unstorable.size > mostUnstorable) {
      const [oldest] = this.#unstorable
      this.#unstorable.delete(oldest as string)
    }
    this.warn(`refused:${kind}`, why)
    this.abandon(token)
  }

  /** Gives a token back, behind the caller. */
  abandon(token: Token | undefined): void {
    if (token !== undefined) {
      // If that fails, its lease ends.
      this.client.abandon(token).catch(() => {})
    }
  }

  /**
   * Tells the cluster. An update throws unless it was confirmed. A revalidation with a later deadline, or none, does not: Next.js answers such an action
   * before it tells the handlers, and were they to fail it would never end its response. It is told on the console each time.
   */
  async update(tags: readonly string[], durations: { expire?: number } | undefined): Promise<void> {
    if (process.env['NODE_ENV'] === 'development' && !this.client.isConfigured) {
      // Nothing is kept: there is nothing to let go of.
      this.warn('not_configured', 'Nothing is cached: OTC_URL is not set.')
      return
    }
    const names = withParts(tags)
    if (durations === undefined) {
      await this.client.updateTags(names)
      return
    }
    try {
      await this.client.revalidateTags(names, { expire: durations.expire ?? never })
    } catch (error) {
      if (durations.expire !== undefined && durations.expire <= 0) {
        throw error
      }
      console.error('[orleans-tag-cache] A revalidation was not confirmed, and its tags may stay as they are.', error)
    }
  }

  warn(kind: string, message: string, error?: unknown): void {
    const now = performance.now()
    const last = this.#warned.get(kind)
    if (last !== undefined && now - last < pauseOfWarnings) {
      return
    }
    if (this.#warned.size >= 100) {
      this.#warned.clear()
    }
    this.#warned.set(kind, now)
    const told = `[orleans-tag-cache] ${message}${error instanceof Error ? ` ${error.message}` : ''}`
    if (this.#options.onWarning === undefined) {
      console.warn(told)
      return
    }
    // Nobody waits for what is warned of here, and a promise that is rejected behind everybody's back would end the process.
    const failed = (fault: unknown): void => console.warn(told, fault)
    try {
      Promise.resolve(this.#options.onWarning(told, error) as unknown).catch(failed)
    } catch (fault) {
      failed(fault)
    }
  }
}

const backends = new WeakMap<HandlerOptions, Backend>()

/** Handlers with the same options object have one backend, and what both are told of an update is one call. */
export function backendOf(options: HandlerOptions): Backend {
  let backend = backends.get(options)
  if (backend === undefined) {
    backend = new Backend(options)
    backends.set(options, backend)
  }
  return backend
}

/** While `next build` runs, nothing is read, stored or told: the application that it builds may not be the one that serves. */
export function isBuilding(): boolean {
  return process.env['NEXT_PHASE'] === 'phase-production-build'
}

/**
 * Next.js writes the tags of a page into one header, with commas between them. What bears a tag that has commas itself is known by its parts there, and
 * an update of the tag is one of its parts.
 */
function withParts(tags: readonly string[]): readonly string[] {
  return tags.some((tag) => tag.includes(','))
    ? tags.flatMap((tag) => (tag.includes(',') ? [tag, ...tag.split(',')] : tag))
    : tags
}

/** Whether soft tags take more of a URL than is sure to pass. */
function isTooLong(tags: readonly string[]): boolean {
  const units = tags.reduce((sum, tag) => sum + tag.length, 0)
  return (
    units * longestUnit > longestSoftQuery &&
    tags.reduce((sum, tag) => sum + encodeURIComponent(tagName(tag)).length, 0) > longestSoftQuery
  )
}

function codeOf(error: unknown): string {
  return error instanceof TagCacheError ? error.code : 'error'
}
