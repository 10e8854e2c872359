import { tags } from './cases/tags.mjs'
import { updates } from './cases/updates.mjs'
import { values } from './cases/values.mjs'

/** Steps, and what a reader gets. With `theirs` the two differ, and `why` says why. */
export const cases = [...updates, ...values, ...tags]
