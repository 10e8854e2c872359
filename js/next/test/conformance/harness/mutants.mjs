/**
 * Rules of the packages, each as what is put in place of it in the installed files: with any of them taken out, what is strict no longer is,
 * and `faults/strict.mjs` must find it.
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
}
