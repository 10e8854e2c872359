import { createHash } from 'node:crypto'

const longestTag = 256
const hashed = '~h:'

// What the API refuses: control characters, and surrogates that have no other half.
const unsound = /[\p{Cc}\p{Cs}]/u

const loneSurrogate = /\p{Cs}/u

/** Whether UTF-8 can say it: it has no half of a surrogate pair. */
export function isSound(text: string): boolean {
  return !loneSurrogate.test(text)
}

/** The SHA-256 of a text in UTF-8, in 64 hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/**
 * The name under which the cluster knows a tag: the tag itself, or, where the API would refuse it, `~h:` and its SHA-256.
 * That is so for the empty tag, `*`, tags of more than 256 UTF-16 units, with control characters or with lone surrogates,
 * and for those that begin with `~h:` themselves.
 */
export function tagName(tag: string): string {
  return tag.length === 0 || tag.length > longestTag || tag === '*' || tag.startsWith(hashed) || unsound.test(tag)
    ? hashed + sha256(tag)
    : tag
}

/** The names of some tags, each once, in their order. */
export function tagNames(tags: Iterable<string>): string[] {
  const names = new Set<string>()
  for (const tag of tags) {
    names.add(tagName(tag))
  }
  return [...names]
}
