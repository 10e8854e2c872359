import { join } from 'node:path'
import { here } from './here.js'

/** What {@link withOrleansTagCache} leaves out or adds. */
export interface WithOrleansTagCacheOptions {
  /**
   * Whether pages, route handlers and `fetch` go into the cluster too (`cacheHandler`). Without it a prerendered page stays old on the other
   * instances for as long as its file lives. Default: true.
   */
  legacy?: boolean
  /** Whether optimized images go there as well (`images.customCacheHandler`). Default: false. */
  images?: boolean
}

interface Config {
  cacheHandlers?: Record<string, string | undefined>
  cacheHandler?: string | undefined
  cacheMaxMemorySize?: number
  images?: object
}

type ConfigFunction = (phase: string, context: never) => object | Promise<object>

/**
 * Adds the cache handlers to a configuration of Next.js: `cacheHandlers.default` and `.remote`, `cacheHandler`, and `cacheMaxMemorySize: 0`. All else
 * of it stays, other names in `cacheHandlers` too.
 *
 * The addresses of the silos and the API key are not part of it: the server reads them from `OTC_URL` and `OTC_KEY` when it runs.
 *
 * @param config What `next.config` exports: an object, or a function that returns one or promises it.
 * @throws Error The configuration names another handler where this one belongs.
 */
export function withOrleansTagCache<T extends object>(config?: T, options: WithOrleansTagCacheOptions = {}): T {
  if (typeof config === 'function') {
    const inner = config as unknown as ConfigFunction
    const outer = async (phase: string, context: never): Promise<object> => extend(await inner(phase, context), options)
    return outer as unknown as T
  }
  return extend(config ?? {}, options) as T
}

function extend(config: object, options: WithOrleansTagCacheOptions): object {
  const own = config as Config
  const fileOf = (name: string): string => join(here, '..', 'cjs', `${name}.js`)
  const files = { default: fileOf('default'), remote: fileOf('remote') }
  for (const kind of ['default', 'remote'] as const) {
    const other = own.cacheHandlers?.[kind]
    if (other !== undefined && other !== files[kind]) {
      throw new Error(
        `withOrleansTagCache sets cacheHandlers.${kind}, and the configuration names another handler there: ${other}. Remove one of the two.`,
      )
    }
  }
  const extended: Config = { ...own, cacheHandlers: { ...own.cacheHandlers, ...files } }
  if (options.legacy !== false) {
    const legacy = fileOf('legacy')
    if (own.cacheHandler !== undefined && own.cacheHandler !== legacy) {
      throw new Error(
        `withOrleansTagCache sets cacheHandler, and the configuration names another one: ${own.cacheHandler}. Remove it, or say withOrleansTagCache(config, { legacy: false }).`,
      )
    }
    extended.cacheHandler = legacy
    if (own.cacheMaxMemorySize !== undefined && own.cacheMaxMemorySize !== 0) {
      throw new Error(
        'withOrleansTagCache sets cacheMaxMemorySize to 0: what an instance keeps in its own memory, others cannot update. Remove it from the configuration.',
      )
    }
    extended.cacheMaxMemorySize = 0
  }
  if (options.images === true) {
    if (options.legacy === false) {
      throw new Error('withOrleansTagCache needs its cacheHandler for images: leave legacy out, or images.')
    }
    extended.images = { ...own.images, customCacheHandler: true }
  }
  return extended
}
