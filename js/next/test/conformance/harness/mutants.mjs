const legacy = 'next/dist/cjs/legacy-handler.js'

/**
 * Rules of the packages, each as what is put in place of it in the installed files: with any of them taken out, what is strict no longer is,
 * and `faults/strict.mjs` must find it; those of pages, `run --isr`.
 */
export const mutants = {
  /** The tags of the route go with each read. */
  'soft-tags': [['next/dist/cjs/use-cache.js', 'backend.read(key, softTags)', 'backend.read(key, [])']],
  /** An update is confirmed before the server action goes on. */
  confirmation: [
    ['next/dist/cjs/use-cache.js', 'await backend.update(', 'void backend.update('],
    ['next/dist/cjs/legacy-handler.js', 'await this.#backend.update(', 'void this.#backend.update('],
  ],
  /** Silos remember updates of tags that no entry has, for those who name them at a read. */
  remember: [['client/dist/cjs/client.js', 'remember: true', 'remember: false']],
  /** So do they with each read of `fetch`. */
  'fetch-soft-tags': [['next/dist/cjs/legacy-handler.js', '...(context.softTags ?? []), ', '']],

  /** A value is as old as the oldest cached one that it was made from. */
  'made-from': [['next/dist/cjs/made-from.js', 'let since;', 'let since; return undefined;']],

  // Of pages:

  /** The tags of a page are in its headers. */
  'page-tags': [[legacy, "value?.kind === 'FETCH' ? undefined : headers?.[tagsHeader]", 'undefined']],
  /** What the build has made is not believed: nobody knows which of its tags were updated since. */
  files: [
    [legacy, 'this.#backend = backend;', 'this.#backend = backend; this.context = context;'],
    [
      legacy,
      "if (found === undefined || found.status === 'miss' || stored === undefined) {",
      `if (found === undefined || found.status === 'miss' || stored === undefined) {
        if (kind === 'page') {
          const Files = require('next/dist/server/lib/incremental-cache/file-system-cache').default
          return new Files(this.context).get(cacheKey, context)
        }`,
    ],
  ],
  /** What is looked for as one kind is what was stored as it. */
  kinds: [[legacy, "kind === 'FETCH' ? 'fetch'", "kind === 'FETCH' ? 'page'"]],
  /** One request of the cluster renders a stale page anew. */
  'one-render': [[legacy, 'found.token === undefined ? revalidate / 2 : ', '']],
  /** What was begun before an update is not stored. */
  begun: [
    [legacy, 'const token = begun?.token;', 'const token = undefined;'],
    [legacy, 'since: begun?.at ?? this.#madeAt', 'since: performance.now()'],
  ],
  /** A build has pages of its own. */
  builds: [[legacy, 'this.#backend.keyOf(kind, cacheKey, this.#build)', 'this.#backend.keyOf(kind, cacheKey)']],
  /** A prefetch leaves a stale page to a reader for whom it is rendered. */
  prefetches: [[legacy, "kind === 'page' && this.#isPrefetch", 'false']],
  /** A tag with a comma is, in a page's list, its parts. */
  commas: [['next/dist/cjs/backend.js', "tags.some((tag) => tag.includes(','))", 'false']],
}
