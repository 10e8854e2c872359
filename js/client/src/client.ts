import { now } from './clock.js'
import { type Answer, type Call, Connection, codeOf, type Silo } from './connection.js'
import { TagCacheError } from './errors.js'
import { type GetOrCreateOptions, getOrCreate } from './get-or-create.js'
import { tagNames } from './names.js'
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
    const tags = tagNames(options.tags ?? [])
    if (tags.length > tagsPerCall) {
      return {
        stored: false,
        reason: 'refused',
        code: 'invalid_argument',
        detail: `An entry has at most ${tagsPerCall} tags.`,
      }
    }
    const headers: Record<string, string> = { 'content-type': options.contentType ?? 'application/octet-stream' }
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
    const life = options.life ?? 'default'
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
    return this.#change('update', [...tags], {})
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
      return this.#change('revalidate', [...tags], { profile: how })
    }
    if (Number.isNaN(how.expire)) {
      throw new TagCacheError('invalid_argument', 'expire must be a number of seconds.')
    }
    return how.expire > 0
      ? this.#change('revalidate', [...tags], { expire: Math.min(how.expire, Number.MAX_SAFE_INTEGER) })
      : this.#change('update', [...tags], {})
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

  async #read(key: string, options: ReadOptions, wait: number): Promise<ReadResult> {
    let path = `${entryPath(key)}&wait=${wait / 1_000}`
    const lease = options.lease === undefined ? undefined : Math.max(1, Math.floor(options.lease))
    if (lease !== undefined) {
      path += `&lease=${lease}`
    }
    for (const tag of tagNames(options.soft ?? [])) {
      path += `&soft=${encodeURIComponent(tag)}`
    }
    const answer = await this.#send({
      method: 'GET',
      path,
      timeout: this.#options.timeout + wait,
      insists: false,
      waits: wait > 0,
    })
    if (answer.status !== 200 && answer.status !== 404) {
      throw refusal(answer)
    }
    if (header(answer, 'tag-cache-as-of') === undefined && header(answer, 'cache-status') !== undefined) {
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
    const status = header(answer, 'cache-status') ?? ''
    if (answer.status === 404) {
      if (!status.includes('fwd=miss')) {
        throw status === ''
          ? new TagCacheError('protocol', 'What answers at this address is no silo.', { status: 404 })
          : new TagCacheError('unavailable', 'The silo does not serve at this moment.', { status: 404 })
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
    tags: string[],
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
    return JSON.parse(Buffer.from(answer.body).toString('utf8')) as UpdateResult
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

function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The age in milliseconds, at least: whole seconds of `Age` are rounded up. */
function ageOf(answer: Answer): number {
  const exact = Number(header(answer, 'tag-cache-age') ?? Number.NaN)
  if (exact >= 0) {
    return exact
  }
  const seconds = Number(header(answer, 'age') ?? Number.NaN)
  return seconds >= 0 ? (seconds + 1) * 1_000 : now()
}

function storeOutcome(answer: Answer): StoreOutcome {
  if (answer.status === 204) {
    return { stored: true }
  }
  const code = codeOf(answer)
  if (answer.status === 409 && (code === 'superseded' || code === 'unknown_token' || code === 'unknown_moment')) {
    return { stored: false, reason: code }
  }
  if (answer.status === 400 || answer.status === 413) {
    return { stored: false, reason: 'refused', code: code ?? 'bad_request', detail: detailOf(answer) }
  }
  throw refusal(answer)
}

function refusal(answer: Answer): TagCacheError {
  const code = codeOf(answer)
  return code === undefined
    ? new TagCacheError('protocol', `The silo answered ${answer.status} in a way that is not the API's.`, {
        status: answer.status,
      })
    : new TagCacheError(code, `${detailOf(answer)} (${code})`, { status: answer.status })
}

function detailOf(answer: Answer): string {
  try {
    const problem = JSON.parse(Buffer.from(answer.body).toString('utf8')) as { detail?: unknown; title?: unknown }
    return String(problem.detail ?? problem.title ?? answer.status)
  } catch {
    return String(answer.status)
  }
}
