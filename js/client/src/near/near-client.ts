import { TagCacheClient } from '../client.js'
import { now } from '../clock.js'
import type { Silo } from '../connection.js'
import { TagCacheError } from '../errors.js'
import { checkKey, softNames } from '../names.js'
import { leaseOf } from '../offer.js'
import { resolveOptions, type TagCacheClientOptions } from '../options.js'
import type { CacheLife, ReadOptions, ReadResult, StoreOptions, StoreOutcome, Token } from '../types.js'
import { Ledger } from './ledger.js'
import { type Ask, NearCache } from './near-cache.js'
import { Owners } from './owners.js'
import { SiloSocket } from './silo-socket.js'

/** How a client keeps values in its process. */
export interface NearClientOptions extends TagCacheClientOptions {
  /**
   * The addresses of **every** silo whose entries are to be kept: a value is kept only if it comes from the silo that hosts it. Otherwise as without near.
   */
  url?: string | readonly string[]
  /** The most bytes that kept values take, what they cost beside their payload included. 1 MiB to 64 GiB. Default: 64 MiB. */
  nearMaximumBytes?: number
}

/** What the near cache of a client has done. */
export interface NearCounts {
  readonly hits: number
  /** Reads that a silo answered over a session. */
  readonly asked: number
  /** Reads that went the way of a client without near. */
  readonly passed: number
  readonly entries: number
  readonly bytes: number
  /** Silos with which there is a session. */
  readonly sessions: number
}

const none: readonly string[] = []
const longestWait = 30_000
const defaultMaximumBytes = 64 * 1024 * 1024

/**
 * A client that keeps what it reads in its process, strictly: when an update has returned, anywhere, it serves nothing of the old values. A hit sends no message. It has a
 * WebSocket to each silo of its list; what cannot go over one goes over HTTP, and is not kept.
 *
 * The bytes of a value that was read are shared by all its readers: they must not be changed.
 */
export class NearTagCacheClient extends TagCacheClient {
  readonly #near: NearCache
  readonly #sockets: SiloSocket[]
  readonly #tokens = new WeakMap<Token, { readonly socket: SiloSocket; readonly ask: Ask }>()
  readonly #timeout: number
  #owners = Owners.none
  #hits = 0
  #asked = 0
  #passed = 0

  /** @throws TagCacheError `not_configured`: an option is out of its range. */
  constructor(options: NearClientOptions = {}) {
    super(options)
    const resolved = resolveOptions(options)
    const maximum = options.nearMaximumBytes ?? defaultMaximumBytes
    if (!(maximum >= 1024 * 1024 && maximum <= 64 * 1024 ** 3)) {
      throw new TagCacheError('not_configured', `nearMaximumBytes must be from 1 MiB to 64 GiB; it is ${maximum}.`)
    }
    this.#timeout = resolved.timeout
    this.#near = new NearCache(maximum, new Ledger())
    this.#sockets = (resolved.urls.length === 0 ? [] : this.silos).map(
      (silo) =>
        new SiloSocket({
          silo,
          key: resolved.key,
          timeout: resolved.timeout,
          near: this.#near,
          onSilos: (silos, namespace) => {
            this.#owners = new Owners(silos, namespace)
          },
        }),
    )
  }

  /** What the near cache has done since the start, and what it holds. */
  get near(): NearCounts {
    return {
      hits: this.#hits,
      asked: this.#asked,
      passed: this.#passed,
      entries: this.#near.count,
      bytes: this.#near.bytes,
      sessions: this.#sockets.filter((socket) => socket.silo !== undefined).length,
    }
  }

  override async read(key: string, options: ReadOptions = {}): Promise<ReadResult> {
    const soft = options.soft === undefined || options.soft.length === 0 ? none : softNames(options.soft)
    const kept = this.#near.find(key, soft, now())
    if (kept !== undefined) {
      this.#hits++
      return {
        status: 'fresh',
        value: kept.value,
        contentType: kept.contentType,
        madeAt: kept.madeAt,
        token: undefined,
        silo: kept.session.source as Silo,
      }
    }
    checkKey(key)
    const socket = this.#socketOf(key)
    if (socket === undefined) {
      this.#passed++
      return super.read(key, options)
    }
    try {
      return await this.#ask(socket, key, soft, options)
    } catch (error) {
      if (isOfSession(error)) {
        // It was answered at once: there is time left to ask another one.
        this.#passed++
        return super.read(key, options)
      }
      throw error
    }
  }

  override async store(key: string, value: Uint8Array, options: StoreOptions = {}): Promise<StoreOutcome> {
    const origin = options.token === undefined ? undefined : this.#tokens.get(options.token)
    if (options.token === undefined || origin?.socket.silo === undefined) {
      return super.store(key, value, options)
    }
    const offer = this.offered(key, value, options)
    if ('stored' in offer) {
      return offer
    }
    this.#tokens.delete(options.token)
    try {
      const outcome = await origin.socket.commit(key, value, {
        token: options.token.value,
        contentType: offer.contentType,
        life: lifeOf(offer.life),
        tags: offer.tags,
        timeout: Math.max(this.#timeout, 5_000),
        ask: origin.ask,
      })
      return outcome === 'stored' ? { stored: true } : { stored: false, reason: outcome }
    } catch (error) {
      if (error instanceof TagCacheError && (error.status === 400 || error.status === 413)) {
        return { stored: false, reason: 'refused', code: error.code, detail: error.message }
      }
      if (isOfSession(error)) {
        // Readers wait for the token until it is used or given back. It is used once: should it have been, it is unknown now.
        return super.store(key, value, options)
      }
      throw error
    }
  }

  override async abandon(token: Token): Promise<void> {
    const origin = this.#tokens.get(token)
    if (origin?.socket.silo === undefined) {
      await super.abandon(token)
      return
    }
    this.#tokens.delete(token)
    try {
      await origin.socket.abandon(token.key, token.value, this.#timeout)
    } catch (error) {
      if (!isOfSession(error)) {
        throw error
      }
      await super.abandon(token)
    }
  }

  /** Leaves the sessions, so that no update waits for this process, and closes the connections when the calls under way are over. */
  override async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.close()
    }
    await super.close()
  }

  async #ask(socket: SiloSocket, key: string, soft: readonly string[], options: ReadOptions): Promise<ReadResult> {
    this.#asked++
    const lease = leaseOf(options) ?? 0
    const wait = Math.min(Math.max(options.wait ?? 0, 0), longestWait)
    let found = await this.reading(() => socket.acquire(key, { soft, wait: 0, lease, timeout: this.#timeout }))
    if (wait > 0 && found.status === 'miss' && found.token === '') {
      // A silo that does not answer is found out within the time-out: only one that has said that another makes the value is waited for.
      found = await socket.acquire(key, { soft, wait, lease, timeout: this.#timeout + wait })
    }
    let token: Token | undefined
    if (found.token !== '') {
      token = {
        key,
        value: found.token,
        receivedAt: found.receivedAt,
        until: lease === 0 ? undefined : found.receivedAt + lease * 1_000,
      }
      this.#tokens.set(token, { socket, ask: found.ask })
    }
    return found.entry === undefined || found.status === 'miss'
      ? { status: 'miss', token, silo: socket.source }
      : {
          status: found.status,
          value: found.entry.value,
          contentType: found.entry.contentType,
          madeAt: found.entry.madeAt,
          token,
          silo: socket.source,
        }
  }

  /** The connection to the silo that the key belongs to; without it, any. */
  #socketOf(key: string): SiloSocket | undefined {
    const owner = this.#owners.ownerOf(key)
    let other: SiloSocket | undefined
    for (const socket of this.#sockets) {
      if (socket.isReady) {
        if (socket.silo === owner) {
          return socket
        }
        other ??= socket
      }
    }
    return other
  }
}

/** Whether it was the session that failed, at once: it has no room for the call, is lost, or its silo does not serve. The call may still be made over HTTP. */
function isOfSession(error: unknown): boolean {
  return (
    error instanceof TagCacheError && (error.status === undefined ? error.code !== 'timeout' : error.status === 503)
  )
}

function lifeOf(life: string | CacheLife): string | { stale: number; revalidate: number; expire: number } {
  if (typeof life === 'string') {
    return life
  }
  const expire = life.expire ?? Number.POSITIVE_INFINITY
  return { stale: life.stale ?? 300, revalidate: life.revalidate ?? life.expire ?? 900, expire }
}
