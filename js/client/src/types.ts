import type { Silo } from './connection.js'

/** The name of one of the seven profiles, or of one that the silo's settings define. */
export type CacheLifeProfile = 'default' | 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'max' | (string & {})

/**
 * How long an entry lives, in seconds counted from the start of its generation: fresh up to `revalidate`; up to `expire` it is served stale
 * while it is refreshed; beyond that it is a miss. Each is 0 or more, fractions allowed. `revalidate` must not be more than `expire`.
 */
export interface CacheLife {
  /** How long a copy outside the cache may be used without asking. Default: 300. */
  stale?: number
  /** Default: `expire`, or 900. */
  revalidate?: number
  /** Default: never. */
  expire?: number
}

/** The right to make the value of a key, for as long as its lease. A store uses it up, whatever its outcome. */
export interface Token {
  readonly key: string
  readonly value: string
  /** When it was received, in milliseconds of `performance.now()`: a value that was begun later may be stored with it. */
  readonly receivedAt: number
  /** When its lease is over at the latest, if the read named one. */
  readonly until: number | undefined
}

/** What a read found. */
export type ReadResult =
  | {
      readonly status: 'fresh' | 'stale'
      readonly value: Uint8Array
      readonly contentType: string
      /** A time of `performance.now()` at or shortly before which the value's generation began. */
      readonly madeAt: number
      /** Of a stale value: this caller is the one to refresh it. */
      readonly token: Token | undefined
      readonly silo: Silo
    }
  | {
      readonly status: 'miss'
      /** This caller is the one to make it. Without a token another makes it at this moment, or the key may not write. */
      readonly token: Token | undefined
      readonly silo: Silo
    }

/** How to read. */
export interface ReadOptions {
  /** Tags of the reader's own, at most 128: the entry is served only if none of them was updated since it was made. */
  soft?: readonly string[]
  /** Milliseconds to wait for a value that another caller makes. 0 to 30,000. Default: 0. */
  wait?: number
  /** Seconds for which the token holds, 1 or more; the silo cuts it down to its own. Default: the silo's. */
  lease?: number
}

/** How to store. */
export interface StoreOptions {
  /** Tags of the entry, at most 1,024. */
  tags?: readonly string[]
  /** Default: the profile `default`. */
  life?: CacheLifeProfile | CacheLife
  /** The media type of the value, in printable ASCII. Default: `application/octet-stream`. */
  contentType?: string
  /** The token of this caller's own miss. */
  token?: Token | undefined
  /**
   * A time of `performance.now()` before the making of the value was begun: stored only if nothing was updated since, as far as silos have
   * told this process of their moments. Not together with a token.
   */
  since?: number | undefined
}

/** What became of a store: `stored`, or why not. `no_moment` and `refused` too are no faults of the cluster. */
export type StoreOutcome =
  | { readonly stored: true }
  | {
      readonly stored: false
      /**
       * `superseded`: something was updated since, or a newer value is there. `unknown_token`: its lease is over. `unknown_moment`: the silo has
       * been restarted, or is another. `no_moment`: no silo had answered this process before the value was begun. `refused`: a limit is broken.
       */
      readonly reason: 'superseded' | 'unknown_token' | 'unknown_moment' | 'no_moment' | 'refused'
      /** The API's code, of `refused`. */
      readonly code?: string
      readonly detail?: string
    }

/** What an update did, as its silo says. */
export interface UpdateResult {
  readonly tags: number
  readonly members: number
  readonly elapsedMs: number
}
