import { ageOf, header, refusal, resultOf, storeOutcome } from './answers.js'
import { type Answer, type Call, Connection, cacheStatus, type Silo } from './connection.js'
import { TagCacheError } from './errors.js'
import { type GetOrCreateOptions, getOrCreate } from './get-or-create.js'
import { checkKey, softNames, tagNames } from './names.js'
import { leaseOf, type Offer, offerOf } from './offer.js'
import { type ResolvedOptions, resolveOptions, type TagCacheClientOptions } from './options.js'
import type {
  CacheLifeProfile,
  ReadOptions,
  ReadResult,
  StoreOptions,
  StoreOutcome,
  Token,
  UpdateResult,
} from './types.js'

const tagsPerCall = 1_024
const longestWait = 30_000
// No reader waits for a store, and one that replaces an entry takes as long as the slowest process that must let go of it.
const leastForAStore = 5_000

/**
 * A client of a cluster of OrleansTagCache over HTTP. One for a process is enough; it may be used by any number of callers at once.
 *
 * Reads and stores tell of what was not to be had in their results. They throw a {@link TagCacheError} when no silo answered within the
 * time-out: treat that as a miss. Updates throw unless every process of the cluster has let go of the old values.
 */
export class TagCacheClient {
  readonly #options: ResolvedOptions
  readonly #updates = new Map<string, Promise<UpdateResult>>()
  #connection: Connection | undefined
  #closed = false

  /** @throws TagCacheError `not_configured`: an option is out of its range. No connection is opened yet. */
  constructor(options: TagCacheClientOptions = {}) {
    this.#options = resolveOptions(options)
  }

  /** Whether there is an address of a silo to ask. */
  get isConfigured(): boolean {
    return this.#options.urls.length > 0
  }

  /**
   * Reads an entry, as bytes.
   *
   * @param key 1 to 1,024 UTF-16 units.
   * @throws TagCacheError No silo answered, or it refused the call.
   */
  async read(key: string, options: ReadOptions = {}): Promise<ReadResult> {
    const wait = Math.min(Math.max(options.wait ?? 0, 0), longestWait)
    const found = await this.#read(key, options, 0)
    // A silo that does not answer is found out within the time-out: only one that has said that another makes the value is waited for.
    return wait > 0 && found.status === 'miss' && found.token === undefined ? this.#read(key, options, wait) : found
  }

  /**
   * Stores an entry. Without `token` and `since` it counts as made now, and is sent to one silo, once: repeat it with a value that is made anew.
   *
   * @throws TagCacheError No silo answered, or it refused the call for another reason than the value: its outcome is unknown then.
   */
  async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<StoreOutcome> {
    const offer = this.offered(key, value, options)
    if ('stored' in offer) {
      return offer
    }
    const { tags, life, contentType } = offer
    const headers: Record<string, string> = { 'content-type': contentType }
    let path = entryPath(key)
    let call: Partial<Call> = {}
    if (options.token !== undefined) {
      headers['tag-cache-token'] = options.token.value
    } else if (options.since !== undefined) {
      const found = this.#open().momentBefore(options.since)
      if (found === undefined) {
        return { stored: false, reason: 'no_moment' }
      }
      path += `&since=${encodeURIComponent(found.value)}`
      call = { only: found.silo }
    }
    const head = Buffer.from(JSON.stringify({ tags, ...(typeof life === 'string' ? { life } : life) }), 'utf8')
    headers['tag-cache-head'] = String(head.byteLength)
    const answer = await this.#send({
      method: 'PUT',
      path,
      headers,
      body: Buffer.concat([head, value]),
      timeout: Math.max(this.#options.timeout, leastForAStore),
      insists: false,
      once: options.token === undefined && options.since === undefined,
      ...call,
    })
    return storeOutcome(answer)
  }

  /** Gives a token back: the next reader that waits gets one. A token that is used up or over is no fault. */
  async abandon(token: Token): Promise<void> {
    const answer = await this.#send({
      method: 'POST',
      path: `/v1/entry/abandon?key=${encodeURIComponent(token.key)}`,
      headers: { 'tag-cache-token': token.value },
      timeout: this.#options.timeout,
      insists: false,
    })
    if (answer.status !== 204 && answer.status !== 409) {
      throw refusal(answer)
    }
  }

  /**
   * Removes an entry. When it returns, no process serves it.
   *
   * @throws TagCacheError It was not confirmed; repeating it is safe.
   */
  async remove(key: string): Promise<void> {
    checkKey(key)
    const answer = await this.#send({
      method: 'DELETE',
      path: entryPath(key),
      timeout: this.#options.updateTimeout,
      insists: true,
    })
    if (answer.status !== 204) {
      throw refusal(answer)
    }
  }

  /**
   * Updates tags: when it returns, no process serves a value that was made before and bears one of them. More than 1,024 are
   * told in several calls, each strict by itself. Calls for the same tags in the same turn of the event loop are one.
   *
   * @throws TagCacheError It was not confirmed; repeating it is safe.
   */
  async updateTags(tags: Iterable<string>): Promise<UpdateResult> {
    return this.#change('update', tags, {})
  }

  /**
   * Revalidates tags: what bears one of them is stale, and served until it is refreshed or `expire` seconds have passed.
   *
   * @param how A profile, of which only `expire` counts, or the seconds; 0 or less is an update. Default: the profile `max`.
   * @throws TagCacheError It was not confirmed; repeating it is safe.
   */
  async revalidateTags(
    tags: Iterable<string>,
    how: CacheLifeProfile | { expire: number } = 'max',
  ): Promise<UpdateResult> {
    if (typeof how === 'string') {
      return this.#change('revalidate', tags, { profile: how })
    }
    if (typeof how?.expire !== 'number' || Number.isNaN(how.expire)) {
      throw new TagCacheError('invalid_argument', 'expire must be a number of seconds.')
    }
    return how.expire > 0
      ? this.#change('revalidate', tags, { expire: Math.min(how.expire, Number.MAX_SAFE_INTEGER) })
      : this.#change('update', tags, {})
  }

  /** Updates every entry of the key's namespace, as the tag `*` of the API does. */
  async updateEverything(): Promise<UpdateResult> {
    return this.#tell('update', ['*'], {})
  }

  /**
   * The value of a key, as JSON: the stored one, or what `create` returns, which is stored then. One caller in the cluster runs `create`; the others wait
   * for its value for up to `wait`, and then run their own. A stale value is returned at once, and refreshed behind it by one caller.
   *
   * If no silo answers, `create` runs and nothing is stored. What `create` throws is thrown, and nothing is stored.
   */
  async getOrCreate<T>(key: string, create: () => T | Promise<T>, options: GetOrCreateOptions<T> = {}): Promise<T> {
    return getOrCreate(this, key, create, options)
  }

  /** Closes the connections when the calls under way are over. Later calls throw `closed`. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#connection?.close()
  }

  /** The silos of the list, in its order. */
  protected get silos(): readonly Silo[] {
    return this.#open().silos
  }

  /** Runs a read that is answered at once, if at all, unless reads have waited in vain lately. */
  protected reading<T>(read: () => Promise<T>): Promise<T> {
    return this.#open().reading(read)
  }

  /** What a store offers, or why it is refused; then its token is given back, behind the caller: others wait for it. */
  protected offered(
    key: string,
    value: Uint8Array,
    options: StoreOptions,
  ): Offer | (StoreOutcome & { readonly stored: false }) {
    const giveBack = (): void => {
      if (options.token !== undefined) {
        this.abandon(options.token).catch(() => {})
      }
    }
    try {
      const offer = offerOf(key, value, options)
      if ('stored' in offer) {
        giveBack()
      }
      return offer
    } catch (error) {
      giveBack()
      throw error
    }
  }

  async #read(key: string, options: ReadOptions, wait: number): Promise<ReadResult> {
    checkKey(key)
    let path = `${entryPath(key)}&wait=${wait / 1_000}`
    const lease = leaseOf(options)
    if (lease !== undefined) {
      path += `&lease=${lease}`
    }
    for (const tag of softNames(options.soft)) {
      path += `&soft=${encodeURIComponent(tag)}`
    }
    const call: Call = {
      method: 'GET',
      path,
      timeout: this.#options.timeout + wait,
      insists: false,
      waits: wait > 0,
    }
    const answer = await (wait > 0 ? this.#send(call) : this.reading(() => this.#send(call)))
    if (answer.status !== 200 && answer.status !== 404) {
      throw refusal(answer)
    }
    const status = cacheStatus(answer)
    if (status === undefined) {
      throw new TagCacheError('protocol', 'What answers at this address is no silo.', { status: answer.status })
    }
    if (header(answer, 'tag-cache-as-of') === undefined) {
      // It would pass over the soft tags, and store heads as parts of values.
      throw new TagCacheError('protocol', 'The silo is of an earlier version than this client needs.', {
        status: answer.status,
      })
    }
    const value = header(answer, 'tag-cache-token')
    const token =
      value === undefined
        ? undefined
        : {
            key,
            value,
            receivedAt: answer.receivedAt,
            until: lease === undefined ? undefined : answer.receivedAt + lease * 1_000,
          }
    if (answer.status === 404) {
      if (!status.includes('fwd=miss')) {
        throw new TagCacheError('unavailable', 'The silo does not serve at this moment.', { status: 404 })
      }
      return { status: 'miss', token, silo: answer.silo }
    }
    const isStale = /\bttl=-/.test(status)
    return {
      status: isStale ? 'stale' : 'fresh',
      value: answer.body,
      contentType: header(answer, 'content-type') ?? 'application/octet-stream',
      madeAt: answer.sentAt - ageOf(answer),
      token,
      silo: answer.silo,
    }
  }

  async #change(
    verb: 'update' | 'revalidate',
    tags: Iterable<string>,
    how: { profile?: string; expire?: number },
  ): Promise<UpdateResult> {
    const names = tagNames(tags)
    if (names.length === 0) {
      return { tags: 0, members: 0, elapsedMs: 0 }
    }
    // A call joins another one only until that one is sent: what happened before either was made lies before the update.
    const id = JSON.stringify([verb, how, names])
    let joined = this.#updates.get(id)
    if (joined === undefined) {
      joined = Promise.resolve().then(() => {
        this.#updates.delete(id)
        return this.#inParts(verb, names, how)
      })
      this.#updates.set(id, joined)
    }
    return joined
  }

  async #inParts(verb: string, names: string[], how: { profile?: string; expire?: number }): Promise<UpdateResult> {
    const parts: Promise<UpdateResult>[] = []
    for (let i = 0; i < names.length; i += tagsPerCall) {
      parts.push(this.#tell(verb, names.slice(i, i + tagsPerCall), how))
    }
    const results = await Promise.all(parts)
    return {
      tags: results.reduce((sum, r) => sum + r.tags, 0),
      members: Math.max(...results.map((r) => r.members)),
      elapsedMs: Math.max(...results.map((r) => r.elapsedMs)),
    }
  }

  async #tell(verb: string, tags: string[], how: { profile?: string; expire?: number }): Promise<UpdateResult> {
    const answer = await this.#send({
      method: 'POST',
      path: `/v1/tags/${verb}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tags, ...how, remember: true }),
      timeout: this.#options.updateTimeout,
      insists: true,
    })
    if (answer.status !== 200) {
      throw refusal(answer)
    }
    const result = resultOf(answer)
    if (result === undefined) {
      throw new TagCacheError(
        'protocol',
        'What answers at this address is no silo: nothing of the update is confirmed.',
        {
          status: answer.status,
        },
      )
    }
    return result
  }

  async #send(call: Call): Promise<Answer> {
    return this.#open().send(call)
  }

  #open(): Connection {
    if (this.#options.urls.length === 0) {
      throw new TagCacheError(
        'not_configured',
        'There is no address of a silo: set OTC_URL, such as OTC_URL=http://127.0.0.1:8080.',
      )
    }
    if (this.#closed) {
      throw new TagCacheError('closed', 'The client was closed.')
    }
    this.#connection ??= new Connection(this.#options)
    return this.#connection
  }
}

function entryPath(key: string): string {
  return `/v1/entry?key=${encodeURIComponent(key)}`
}
