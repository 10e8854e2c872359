/** What Next.js 16 gives to the constructor of a `cacheHandler`, as far as this one looks at it. */
export interface LegacyContext {
  readonly serverDistDir?: string
  readonly dev?: boolean
  readonly _requestHeaders?: Readonly<Record<string, unknown>>
}

/** How long what Next.js has rendered lives, in seconds; `false` is without an end. */
export interface CacheControl {
  readonly revalidate: number | false
  readonly expire?: number | undefined
}

/** A value of any kind: FETCH, APP_PAGE, APP_ROUTE, PAGES, REDIRECT, IMAGE; null stands for "not found". */
export type LegacyValue = { readonly kind: string; readonly [member: string]: unknown } | null

export interface LegacyGetContext {
  readonly kind: string
  readonly revalidate?: number | false
  readonly tags?: readonly string[]
  readonly softTags?: readonly string[]
  readonly isRoutePPREnabled?: boolean
}

export interface LegacySetContext {
  readonly fetchCache?: boolean
  readonly kind?: string
  readonly tags?: readonly string[]
  readonly cacheControl?: CacheControl
}

export interface LegacyEntry {
  /** Milliseconds since 1970, with fractions. */
  readonly lastModified: number
  readonly value: LegacyValue
  readonly cacheControl?: CacheControl
}
