import type { Silo } from '../connection.js'
import type { TagCacheError } from '../errors.js'
import type { FrameReader, Kind } from './frames.js'
import type { Answered, Ask, NearCache } from './near-cache.js'

/** What a read over a session found. */
export interface Found {
  readonly status: 'fresh' | 'stale' | 'miss'
  readonly entry: Answered | undefined
  readonly token: string
  readonly ask: Ask
  readonly receivedAt: number
}

export interface Acquire {
  readonly soft: readonly string[]
  readonly wait: number
  readonly lease: number
  /** Milliseconds in which the answer must come, the wait included. */
  readonly timeout: number
}

export interface Commit {
  readonly token: string
  readonly contentType: string
  readonly life: string | { readonly stale: number; readonly revalidate: number; readonly expire: number }
  readonly tags: readonly string[]
  readonly timeout: number
  /** What was read before the token was asked for. */
  readonly ask: Ask
}

export interface SocketOptions {
  /** The silo as the client without near knows it, which has its address. */
  readonly silo: Silo
  readonly key: string | undefined
  /** Milliseconds for connecting and being welcomed. */
  readonly timeout: number
  readonly near: NearCache
  /** Whether anything is kept; without, no session is asked for. */
  readonly keeps: boolean
  /** The silos that entries belong to, as this one says. */
  readonly onSilos: (silos: readonly string[], namespace: string) => void
}

/** A request, and how its answer is read. */
export interface Request<T> {
  readonly timeout: number
  /** The kind of its answer. */
  readonly answer: Kind
  /**
   * Reads the answer, and takes from it what there is for the session. In the turn in which it arrives: what comes behind it finds it heard, and what
   * cannot be read ends the connection.
   */
  readonly read: (answer: FrameReader) => T
  /** The key of a read: should nobody wait for its answer any more, the token in it goes back. */
  readonly readKey?: string
  /** How many of those requests that are left for others it may take. */
  readonly more?: number
}

export interface Pending {
  /** Ends the wait; throws if the frame is no answer to it. */
  readonly settle: (frame: FrameReader) => void
  readonly fail: (error: TagCacheError) => void
  readonly readKey: string | undefined
}
