import { TagCacheError } from './errors.js'

/** How a client reaches the silos, and how long it waits for them. */
export interface TagCacheClientOptions {
  /**
   * The addresses of one or several silos, such as `http://127.0.0.1:8080`; in a text with commas between them, or in a list.
   * The first is used until it fails. Default: the environment's `OTC_URL`; without it each call throws `not_configured`.
   */
  url?: string | readonly string[]
  /** The API key. Default: the environment's `OTC_KEY`; without either, none is sent. */
  key?: string
  /**
   * Milliseconds that a silo may take to answer a read, beside the time that the read asks to wait for another's value; a store may take five
   * seconds, or this if it is more. 1 to 60,000. Default: `OTC_TIMEOUT`, or 1,000.
   */
  timeout?: number
  /** Milliseconds that an update of tags, or a removal, may take, all silos of the list together. 1 to 600,000. Default: `OTC_UPDATE_TIMEOUT`, or 15,000. */
  updateTimeout?: number
  /** The most connections to one silo, and as many again for reads that wait for another's value; calls beyond wait for one, within their time-out. 1 to 10,000. Default: 128. */
  connections?: number
  /**
   * How many calls in a row must fail until a silo is passed by for a second, then two, four, eight, ten; and how many reads in a row must wait in vain,
   * whichever silos they were sent to, until all are. 1 to 1,000. Default: 2.
   */
  breakerFailures?: number
}

/** The options with their defaults. */
export interface ResolvedOptions {
  readonly urls: readonly string[]
  readonly key: string | undefined
  readonly timeout: number
  readonly updateTimeout: number
  readonly connections: number
  readonly breakerFailures: number
}

export function resolveOptions(options: TagCacheClientOptions): ResolvedOptions {
  const { env } = process
  const url = options.url ?? env['OTC_URL'] ?? ''
  const list: readonly unknown[] = typeof url === 'string' ? url.split(',') : Array.isArray(url) ? url : [url]
  const urls = list.map((one) => {
    if (typeof one !== 'string') {
      throw new TagCacheError('not_configured', 'url must be a text, or a list of texts.')
    }
    return one.trim()
  })
  return {
    urls: [...new Set(urls.filter((u) => u.length > 0))],
    key: apiKey(options.key ?? env['OTC_KEY']),
    timeout: number('timeout', options.timeout ?? fromEnvironment('OTC_TIMEOUT') ?? 1_000, 60_000),
    updateTimeout: number(
      'updateTimeout',
      options.updateTimeout ?? fromEnvironment('OTC_UPDATE_TIMEOUT') ?? 15_000,
      600_000,
    ),
    connections: number('connections', options.connections ?? 128, 10_000),
    breakerFailures: number('breakerFailures', options.breakerFailures ?? 2, 1_000),
  }
}

/** A number of the environment, or undefined where there is none. */
export function fromEnvironment(name: string): number | undefined {
  const text = process.env[name]
  if (text === undefined || text === '') {
    return undefined
  }
  const value = Number(text)
  if (!Number.isFinite(value)) {
    throw new TagCacheError('not_configured', `${name} must be a number.`)
  }
  return value
}

/** The key without white space around it, as files and secrets have it. No key has other characters than these, and a header takes no others. */
function apiKey(key: string | undefined): string | undefined {
  const trimmed = key?.trim()
  if (trimmed !== undefined && !/^[\x21-\x7e]*$/.test(trimmed)) {
    throw new TagCacheError('not_configured', 'The API key (OTC_KEY) has a character that none has.')
  }
  return trimmed || undefined
}

function number(name: string, value: number, most: number): number {
  if (typeof value !== 'number' || !(value >= 1 && value <= most)) {
    throw new TagCacheError('not_configured', `${name} must be a number from 1 to ${most}; it is ${value}.`)
  }
  return value
}
