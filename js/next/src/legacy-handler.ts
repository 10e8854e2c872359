import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadResult } from '@orleans-tag-cache/client'
import { atMost, longestForAStore } from './at-most.js'
import { type Backend, isBuilding, never } from './backend.js'
import type {
  CacheControl,
  LegacyContext,
  LegacyEntry,
  LegacyGetContext,
  LegacySetContext,
  LegacyValue,
} from './legacy-types.js'
import { isPrefetch } from './prefetches.js'
import { Reads } from './reads.js'
import { deserialize, serialize } from './serialize.js'

const year = 31_536_000
const onDemandHeader = 'x-prerender-revalidate'
const tagsHeader = 'x-next-cache-tags'

interface Stored {
  readonly value: LegacyValue
  readonly cacheControl: CacheControl
}

type Kind = 'fetch' | 'page' | 'image'

/**
 * The handler for pages, route handlers, images and `fetch`. Next.js makes one for each request, before that request makes anything: so a value without
 * a token of its own was begun after this object was.
 */
export class LegacyHandler {
  readonly #backend: Backend
  readonly #build: string | undefined
  readonly #isOnDemand: boolean
  readonly #isPrefetch: boolean
  readonly #madeAt = performance.now()
  readonly #reads = new Reads()

  constructor(backend: Backend, context: LegacyContext | undefined) {
    this.#backend = backend
    this.#build = buildOf(context)
    this.#isOnDemand = context?._requestHeaders?.[onDemandHeader] !== undefined
    this.#isPrefetch = isPrefetch(context?._requestHeaders)
  }

  async get(cacheKey: string, context: LegacyGetContext): Promise<LegacyEntry | null> {
    return (await this.#backend.attempt(() => this.#get(cacheKey, context))) ?? null
  }

  async set(cacheKey: string, value: LegacyValue, context: LegacySetContext): Promise<void> {
    await this.#backend.attempt(() => this.#set(cacheKey, value, context))
  }

  async #get(cacheKey: string, context: LegacyGetContext): Promise<LegacyEntry | null> {
    const kind = kindOf(context.kind)
    const key = this.#keyOf(kind, cacheKey)
    if (key === undefined) {
      return null
    }
    const soft = kind === 'fetch' ? [...(context.softTags ?? []), ...(context.tags ?? [])] : []
    // A page that is prerendered in part is asked for first, and mostly not made: what is kept of it is its shell. Nobody waits for it.
    let found = await this.#backend.read(key, soft, context.isRoutePPREnabled === true ? 0 : undefined)
    if (found?.status === 'stale' && kind === 'page' && this.#isPrefetch) {
      // Next.js renders nothing anew for a prefetch: the token is for a reader for whom it does.
      this.#backend.abandon(found.token)
      found = { ...found, token: undefined }
    }
    const stored =
      found === undefined || found.status === 'miss' ? undefined : asStored(deserialize(found.value)?.value)
    const dropped = this.#reads.add(key, {
      at: performance.now(),
      token: found?.token,
      isFresh: stored !== undefined && found?.status === 'fresh',
      value: stored?.value,
    })
    this.#backend.abandon(dropped)
    if (found === undefined || found.status === 'miss' || stored === undefined) {
      return null
    }
    if (kind !== 'fetch') {
      return rendered(found, stored)
    }
    this.#backend.madeFrom.found(key, context.tags ?? [])
    return fetched(found, stored, context.revalidate)
  }

  async #set(cacheKey: string, value: LegacyValue, context: LegacySetContext): Promise<void> {
    const kind: Kind = context.fetchCache === true ? 'fetch' : kindOf(context.kind ?? value?.kind ?? '')
    const key = this.#keyOf(kind, cacheKey)
    if (key === undefined) {
      return
    }
    const begun = this.#reads.take(key)
    if (value !== null && this.#reads.hasFound(value)) {
      // Rendering it anew has failed, and Next.js puts off the next try by storing what there was. It is there, as stale as it is; the next try comes
      // when the token's lease is over.
      return
    }
    const token = begun?.token
    this.#backend.abandon(begun?.unused)
    const cacheControl = context.cacheControl ?? { revalidate: revalidateOf(value) }
    const revalidate = cacheControl.revalidate === false ? year : Math.min(cacheControl.revalidate, never)
    const expire = Math.min(cacheControl.expire ?? Math.max(year, revalidate), never)
    if (!(revalidate > 0 && expire > 0)) {
      this.#backend.abandon(token)
      return
    }
    let frame: Buffer
    try {
      frame = serialize({ value, cacheControl } satisfies Stored)
    } catch (error) {
      this.#backend.refused(
        key,
        `An entry of the kind ${value?.kind} was not stored: ${(error as Error).message}`,
        token,
      )
      return
    }
    const tags = tagsOf(value, context)
    const begunAt = begun?.at ?? this.#madeAt
    const madeSince = kind === 'fetch' ? undefined : this.#backend.madeFrom.since(key, tags, begunAt)
    if (kind === 'fetch') {
      this.#backend.madeFrom.made(key, tags, begunAt)
    }
    const storing = this.#backend.store(key, {
      frame,
      tags,
      life: { stale: 0, revalidate: Math.min(revalidate, expire), expire },
      token,
      since: madeSince ?? begunAt,
      isMadeFromCached: madeSince !== undefined,
    })
    // Next.js answers its request when this returns, and whoever has rendered on demand wants to know that it is stored.
    await (this.#isOnDemand ? storing : atMost(storing, longestForAStore))
  }

  /** Next.js tells the handlers of `'use cache'` in the same turn, and the two calls are one for the silo. */
  async revalidateTag(tags: string | string[], durations?: { expire?: number }): Promise<void> {
    if (!isBuilding()) {
      await this.#backend.update(typeof tags === 'string' ? [tags] : tags, durations)
    }
  }

  resetRequestCache(): void {
    // Nothing is kept for a request.
  }

  /** What a build renders is its own; what `fetch` brought is not. Without the build's id, pages are not cached. */
  #keyOf(kind: Kind, cacheKey: string): string | undefined {
    if (isBuilding()) {
      return undefined
    }
    if (kind === 'fetch') {
      return this.#backend.keyOf(kind, cacheKey)
    }
    if (this.#build === undefined) {
      this.#backend.warn('build', 'Pages are not cached: the BUILD_ID of this build was not found.')
      return undefined
    }
    return this.#backend.keyOf(kind, cacheKey, this.#build)
  }
}

function kindOf(kind: string): Kind {
  return kind === 'FETCH' ? 'fetch' : kind === 'IMAGE' ? 'image' : 'page'
}

function revalidateOf(value: LegacyValue): number {
  const revalidate = value?.['revalidate']
  return typeof revalidate === 'number' ? revalidate : year
}

function tagsOf(value: LegacyValue, context: LegacySetContext): string[] {
  const tags = new Set(context.tags ?? [])
  const headers = value?.['headers'] as Record<string, unknown> | undefined
  const listed = value?.kind === 'FETCH' ? undefined : headers?.[tagsHeader]
  if (typeof listed === 'string') {
    for (const tag of listed.split(',')) {
      tags.add(tag)
    }
  }
  return [...tags]
}

/** Next.js judges `fetch` by `lastModified` alone: what is stale for the cluster must be older than its time. */
function fetched(
  found: ReadResult & { status: 'fresh' | 'stale' },
  stored: Stored,
  asked: number | false | undefined,
): LegacyEntry {
  const revalidate = asked || revalidateOf(stored.value)
  const made = performance.timeOrigin + found.madeAt
  const old = performance.timeOrigin + performance.now() - (revalidate + 1) * 1_000
  return { lastModified: found.status === 'stale' ? Math.min(made, old) : made, value: stored.value }
}

/**
 * A page that is fresh for the cluster is fresh for Next.js. One that is stale for it is stale for the one request that has the token to render it
 * anew, and not for the others; it must not look as if it were past its end either, for then the request would wait.
 */
function rendered(found: ReadResult & { status: 'fresh' | 'stale' }, stored: Stored): LegacyEntry {
  const { value, cacheControl } = stored
  const made = performance.timeOrigin + found.madeAt
  const now = performance.timeOrigin + performance.now()
  if (found.status === 'fresh') {
    // Were its time over a moment later, when Next.js looks at it, this instance would render it anew beside the one that gets the token.
    const oldest = cacheControl.revalidate === false ? made : now - (cacheControl.revalidate * 1_000) / 2
    return { lastModified: Math.max(made, oldest), value, cacheControl }
  }
  const end = cacheControl.expire ?? year
  const revalidate = Math.min(cacheControl.revalidate === false ? 1 : cacheControl.revalidate, end / 2)
  const age = found.token === undefined ? revalidate / 2 : revalidate + Math.min(1, (end - revalidate) / 2)
  return { lastModified: now - age * 1_000, value, cacheControl: { ...cacheControl, revalidate } }
}

function asStored(value: unknown): Stored | undefined {
  const stored = value as Partial<Stored> | null | undefined
  const { revalidate, expire } = stored?.cacheControl ?? {}
  const hasKind = stored?.value === null || typeof stored?.value?.kind === 'string'
  const hasLife = (revalidate === false || typeof revalidate === 'number') && typeof (expire ?? 0) === 'number'
  return hasKind && hasLife ? (stored as Stored) : undefined
}

const builds = new Map<string, string | undefined>()

/** The id of the build that lies in a folder; with the deployment's, if there is one. */
function buildOf(context: LegacyContext | undefined): string | undefined {
  const folder = context?.serverDistDir
  if (folder === undefined) {
    return undefined
  }
  if (!builds.has(folder)) {
    let id: string | undefined
    try {
      id = `${readFileSync(join(folder, '..', 'BUILD_ID'), 'utf8').trim()}\0${process.env['NEXT_DEPLOYMENT_ID'] ?? ''}`
    } catch {
      id = undefined
    }
    builds.set(folder, id)
  }
  return builds.get(folder)
}
