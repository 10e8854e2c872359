import { createHash } from 'node:crypto'
import { TagCacheError } from './errors.js'

const longestTag = 256
const mostSoftTags = 128
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

/**
 * The names of some tags, each once, in their order.
 *
 * @throws TagCacheError `invalid_argument`: it is one text, whose letters would be taken for tags, or one of them is no text.
 */
export function tagNames(tags: Iterable<string>): string[] {
  if (
    typeof tags === 'string' ||
    typeof (tags as Partial<Iterable<string>> | undefined)?.[Symbol.iterator] !== 'function'
  ) {
    throw new TagCacheError('invalid_argument', `Tags are a list of texts, such as ['posts']; this is ${kindOf(tags)}.`)
  }
  const names = new Set<string>()
  for (const tag of tags) {
    if (typeof tag !== 'string') {
      throw new TagCacheError('invalid_argument', `A tag is a text; one of these is ${kindOf(tag)}.`)
    }
    names.add(tagName(tag))
  }
  return [...names]
}

/** The names of a reader's own tags. @throws TagCacheError `invalid_argument`: more than 128, or no tags at all. */
export function softNames(tags: readonly string[] | undefined): string[] {
  const names = tagNames(tags ?? [])
  if (names.length > mostSoftTags) {
    throw new TagCacheError(
      'invalid_argument',
      `A read names at most ${mostSoftTags} soft tags; this one names ${names.length}.`,
    )
  }
  return names
}

/**
 * Refuses what cannot be sent as it is. How long a key may be, and what may be in it, the silo says.
 *
 * @throws TagCacheError `invalid_argument`: it is no text, empty, or has a lone surrogate, which UTF-8 cannot say: two such keys would be one.
 */
export function checkKey(key: string): void {
  if (typeof key !== 'string' || key.length === 0) {
    throw new TagCacheError('invalid_argument', `A key is a text of at least 1 UTF-16 unit; this is ${kindOf(key)}.`)
  }
  if (!isSound(key)) {
    throw new TagCacheError('invalid_argument', 'A key must not have lone surrogates.')
  }
}

function kindOf(value: unknown): string {
  return value === ''
    ? 'an empty text'
    : typeof value === 'string'
      ? 'one text'
      : value === null
        ? 'null'
        : `of the type ${typeof value}`
}
