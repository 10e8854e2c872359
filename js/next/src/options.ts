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
    throw new Error(`OrleansTagCache: scope may have at most 200 UTF-16 units; it has ${scope.length}.`)
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

function variable(name: string): number | undefined {
  const text = process.env[name]
  return text === undefined || text === '' ? undefined : Number(text)
}

function within(name: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) {
    throw new Error(`OrleansTagCache: ${name} must be from ${least} to ${most}; it is ${value}.`)
  }
  return value
}
