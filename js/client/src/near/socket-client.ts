import { TagCacheClient } from '../client.js'
import { TagCacheError } from '../errors.js'
import { checkKey, softNames } from '../names.js'
import { leaseOf } from '../offer.js'
import { resolveOptions, type TagCacheClientOptions } from '../options.js'
import type { CacheLife, ReadOptions, ReadResult, StoreOptions, StoreOutcome, Token } from '../types.js'
import { Ledger } from './ledger.js'
import { type Ask, NearCache } from './near-cache.js'
import { Owners } from './owners.js'
import { SiloSocket } from './silo-socket.js'

/** What a client has asked, and over what. */
export interface SocketCounts {
  /** Reads that a silo was asked over a WebSocket. */
  readonly asked: number
  /** Reads that went the way of a client without WebSockets. */
  readonly passed: number
  /** Silos to which there is a WebSocket. */
  readonly sessions: number
}

const none: readonly string[] = []
const longestWait = 30_000

/** A client that reads over a WebSocket to each silo of its list, and asks the silo that hosts the entry. What cannot go over one goes over HTTP. */
export abstract class SocketClient extends TagCacheClient {
  readonly #sockets: SiloSocket[]
  readonly #tokens = new WeakMap<Token, { readonly socket: SiloSocket; readonly ask: Ask }>()
  readonly #timeout: number
  #owners = Owners.none
  #asked = 0
  #passed = 0

  /** @param near Where what may be kept is kept. Without it nothing is, and no silo is asked for a session. */
  protected constructor(options: TagCacheClientOptions, near: NearCache | undefined) {
    super(options)
    const { urls, key, timeout } = resolveOptions(options)
    this.#timeout = timeout
    const nothing = new NearCache(0, new Ledger())
    this.#sockets = (urls.length === 0 ? [] : this.silos).map(
      (silo) =>
        new SiloSocket({
          silo,
          key,
          timeout,
          near: near ?? nothing,
          keeps: near !== undefined,
          onSilos: (silos, namespace) => {
            this.#owners = new Owners(silos, namespace)
          },
        }),
    )
  }

  override async read(key: string, options: ReadOptions = {}): Promise<ReadResult> {
    const soft = softOf(options)
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

  /** What has been asked since the start. */
  protected get socketCounts(): SocketCounts {
    return {
      asked: this.#asked,
      passed: this.#passed,
      sessions: this.#sockets.filter((socket) => socket.silo !== undefined).length,
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

/** The soft tags of a read, as they are named. */
export function softOf(options: ReadOptions): readonly string[] {
  return options.soft === undefined || options.soft.length === 0 ? none : softNames(options.soft)
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
