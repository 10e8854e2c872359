import { fetched, readBy, unstable } from './fetched'
import { ask } from './origin'

const functions = { fetched, unstable, uncached: (name) => ask(name) }

/** Reads by the name of a function, and tells how long it took. */
export function read(fn, args) {
  return readBy(functions[fn], args)
}
