import { cacheLife, cacheTag } from 'next/cache'
import { redirect } from 'next/navigation'
import { fetched, readBy, unstable } from './fetched'
import { ask } from './origin'

const mostTagsACall = 128

/** Declares what a caller wants of an entry: its tags and its life. */
function declare({ tags = [], life } = {}) {
  for (let i = 0; i < tags.length; i += mostTagsACall) cacheTag(...tags.slice(i, i + mostTagsACall))
  if (life !== undefined) cacheLife(life)
}

/** What a cached function returns, throws or does, beside what the source has. */
function shaped(from, { shape, bytes, to } = {}) {
  switch (shape) {
    case 'null':
      return null
    case 'undefined':
      return undefined
    case 'redirect':
      redirect(to)
      break
    case 'throw':
      throw new Error('The cached function failed.')
    case 'rich':
      return {
        ...from,
        date: new Date(0),
        map: new Map([['a', new Set([1])]]),
        bytes: new Uint8Array([0, 255, 10]),
        big: 12345678901234567890n,
      }
    default:
      return bytes ? { ...from, text: 'x'.repeat(bytes) } : from
  }
}

export async function item(name, spec) {
  'use cache'
  declare(spec)
  return shaped(await ask(name), spec)
}

export async function remote(name, spec) {
  'use cache: remote'
  declare(spec)
  return shaped(await ask(name), spec)
}

export async function outer(name, spec, inner, innerSpec) {
  'use cache'
  declare(spec)
  const within = await item(inner, innerSpec)
  return { ...(await ask(name)), inner: within }
}

/** Takes its tags after it has asked, as functions do whose tags depend on what they found. */
export async function lateTagged(name, spec) {
  'use cache'
  const found = await ask(name)
  declare(spec)
  return found
}

const functions = { item, remote, outer, lateTagged, fetched, unstable, uncached: (name) => ask(name) }

/** Reads by the name of a function, and tells how long it took. */
export function read(fn, args) {
  return readBy(functions[fn], args)
}
