/**
 * A call that did not do what was asked. `code` is stable: one of the HTTP API's codes (`superseded`, `unknown_token`,
 * `update_incomplete`, `unavailable`, `payload_too_large`, ...), or one of this package's own:
 *
 * - `invalid_argument`: an argument is not what the call takes. The API has that code too.
 * - `timeout`: no answer within the time allowed.
 * - `unreachable`: no silo of the list could be reached.
 * - `not_configured`: there is no address of a silo, or an option is out of its range.
 * - `closed`: the client was closed.
 * - `protocol`: what answered is no silo, or one of an earlier version.
 */
export class TagCacheError extends Error {
  /** The stable code. */
  readonly code: string
  /** The HTTP status, if a silo answered. */
  readonly status: number | undefined

  constructor(code: string, message: string, options?: { status?: number; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TagCacheError'
    this.code = code
    this.status = options?.status
  }
}
