import type { TagCacheClientOptions } from '@orleans-tag-cache/client'

/** What both kinds of handlers take. Environment variables are read when the first request comes. */
export interface HandlerOptions extends TagCacheClientOptions {
  /**
   * A name that begins all keys, so that several applications with one API key do not share entries of `fetch`. At most 200 UTF-16 units.
   * Default: `OTC_SCOPE`, or none.
   */
  scope?: string
  /** Milliseconds that a read waits for a value that another request, on any instance, is making. 0 to 30,000. Default: `OTC_WAIT`, or 5,000. */
  wait?: number
  /**
   * Seconds for which others wait for this process when it has set out to make a value. A value that takes longer is stored all the same
   * if nothing was updated since. 1 to 300; the silo cuts it down to its own, 30. Default: `OTC_LEASE`, or 10.
   */
  lease?: number
  /** The largest entry to send, in bytes. 1 to 67,108,864. Default: `OTC_MAX_ENTRY_BYTES`, or 4,194,304, the silo's own default. */
  maxEntryBytes?: number
  /**
   * Whether entries are kept in this process too, as strictly: a hit sends no message. `url` must name every silo whose entries are to be kept; a key of the scopes that it has is
   * enough. Default: `OTC_NEAR`, `1` for on; off.
   */
  near?: boolean
  /** The most bytes that they take. 1 MiB to 64 GiB. Default: `OTC_NEAR_BYTES`, or 67,108,864. */
  nearMaximumBytes?: number
  /** Where warnings go. Default: `console.warn`. Each kind is told once in a minute at most. */
  onWarning?: (message: string, error?: unknown) => void
}

export interface ResolvedHandlerOptions {
  readonly scope: string
  readonly wait: number
  readonly lease: number
  readonly maxEntryBytes: number
}

export function resolveHandlerOptions(options: HandlerOptions): ResolvedHandlerOptions {
  const scope = options.scope ?? process.env['OTC_SCOPE'] ?? ''
  if (scope.length > 200) {
    throw new Error(`OrleansTagCache: scope (OTC_SCOPE) may have at most 200 UTF-16 units; it has ${scope.length}.`)
  }
  if (/[\p{Cc}\p{Cs}]/u.test(scope)) {
    throw new Error('OrleansTagCache: scope (OTC_SCOPE) must not have control characters or lone surrogates.')
  }
  return {
    scope,
    wait: within('wait (OTC_WAIT)', options.wait ?? variable('OTC_WAIT') ?? 5_000, 0, 30_000),
    lease: within('lease (OTC_LEASE)', options.lease ?? variable('OTC_LEASE') ?? 10, 1, 300),
    maxEntryBytes: within(
      'maxEntryBytes (OTC_MAX_ENTRY_BYTES)',
      options.maxEntryBytes ?? variable('OTC_MAX_ENTRY_BYTES') ?? 4_194_304,
      1,
      67_108_864,
    ),
  }
}

/** Whether entries are kept near, and in how many bytes; undefined if they are not. */
export function nearOf(options: HandlerOptions): { nearMaximumBytes?: number } | undefined {
  const text = process.env['OTC_NEAR'] ?? ''
  if (!['', '0', '1', 'true', 'false'].includes(text)) {
    throw new Error(`OrleansTagCache: OTC_NEAR must be 1 or 0; it is ${text}.`)
  }
  if (!(options.near ?? (text === '1' || text === 'true'))) {
    return undefined
  }
  const bytes = options.nearMaximumBytes ?? variable('OTC_NEAR_BYTES')
  return bytes === undefined ? {} : { nearMaximumBytes: bytes }
}

function variable(name: string): number | undefined {
  const text = process.env[name]
  return text === undefined || text === '' ? undefined : Number(text)
}

function within(name: string, value: number, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new Error(`OrleansTagCache: ${name} must be a number from ${least} to ${most}; it is ${value}.`)
  }
  return value
}
