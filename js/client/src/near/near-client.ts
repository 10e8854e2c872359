import { now } from '../clock.js'
import type { Silo } from '../connection.js'
import { TagCacheError } from '../errors.js'
import type { TagCacheClientOptions } from '../options.js'
import type { ReadOptions, ReadResult } from '../types.js'
import { Ledger } from './ledger.js'
import { NearCache } from './near-cache.js'
import { SocketClient, type SocketCounts, softOf } from './socket-client.js'

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
export interface NearCounts extends SocketCounts {
  readonly hits: number
  readonly entries: number
  readonly bytes: number
}

const defaultMaximumBytes = 64 * 1024 * 1024

/**
 * A client that keeps what it reads in its process, strictly: when an update has returned, anywhere, it serves nothing of the old values. A hit sends no message. It has a
 * WebSocket to each silo of its list; what cannot go over one goes over HTTP, and is not kept.
 *
 * The bytes of a value that was read are shared by all its readers: they must not be changed.
 */
export class NearTagCacheClient extends SocketClient {
  readonly #near: NearCache
  #hits = 0

  /** @throws TagCacheError `not_configured`: an option is out of its range. */
  constructor(options: NearClientOptions = {}) {
    const maximum = options.nearMaximumBytes ?? defaultMaximumBytes
    if (!(maximum >= 1024 * 1024 && maximum <= 64 * 1024 ** 3)) {
      throw new TagCacheError('not_configured', `nearMaximumBytes must be from 1 MiB to 64 GiB; it is ${maximum}.`)
    }
    const near = new NearCache(maximum, new Ledger())
    super(options, near)
    this.#near = near
  }

  /** What the near cache has done since the start, and what it holds. */
  get near(): NearCounts {
    return { hits: this.#hits, entries: this.#near.count, bytes: this.#near.bytes, ...this.socketCounts }
  }

  override async read(key: string, options: ReadOptions = {}): Promise<ReadResult> {
    const kept = this.#near.find(key, softOf(options), now())
    if (kept === undefined) {
      return super.read(key, options)
    }
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
}
