import type { Silo } from '../connection.js'
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
  /** The silos that entries belong to, as this one says. */
  readonly onSilos: (silos: readonly string[], namespace: string) => void
}
