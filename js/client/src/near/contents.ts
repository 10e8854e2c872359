import { TagCacheError } from '../errors.js'
import { EntryStatus, type FrameReader } from './frames.js'
import type { Answered, Ask } from './near-cache.js'
import type { Terms } from './silo-session.js'

/** An `entry`: what a read found, and what it says of keeping. */
export function readEntry(
  frame: FrameReader,
  ask: Ask,
): { status: number; terms: Terms; token: string; asOf: string; entry: Answered | undefined } {
  const status = frame.byte()
  const terms = termsOf(frame.byte(), frame.int())
  frame.text()
  const [token, asOf] = [frame.text(), frame.text()]
  const hasValue = status === EntryStatus.fresh || status === EntryStatus.stale
  const entry = hasValue ? readAnswered(frame, ask) : undefined
  frame.end()
  return { status, terms, token, asOf, entry }
}

function readAnswered(frame: FrameReader, ask: Ask): Answered {
  const madeAt = ask.at - frame.double()
  frame.double()
  const freshUntil = madeAt + frame.double() * 1_000
  frame.double()
  return {
    contentType: frame.text() || 'application/octet-stream',
    tags: frame.texts(),
    value: frame.rest(),
    madeAt,
    freshUntil,
  }
}

/** What a `push` names. */
export function readPush(frame: FrameReader): { number: number; tags: string[]; keys: string[] } {
  const number = Number(frame.long())
  frame.byte()
  const tags: string[] = []
  const keys: string[] = []
  for (let left = frame.short(); left > 0; left--) {
    const kind = frame.byte()
    if (kind > 1) {
      // What it names is not known, and so must not stay: who throws here leaves the session.
      throw new TagCacheError('protocol', 'A push names what is neither a tag nor a key.')
    }
    ;(kind === 0 ? tags : keys).push(frame.text())
  }
  frame.end()
  return { number, tags, keys }
}

/** What an answer says of keeping it. */
function termsOf(flags: number, grant: number): Terms {
  return { grant, mayKeep: (flags & 1) !== 0, isLost: (flags & 2) !== 0 }
}

/** The silos that entries belong to, at the end of a frame. */
export function readSilos(frame: FrameReader): string[] {
  const silos = frame.texts()
  frame.end()
  return silos
}

/** A `done`: what became of the request, and what it says of keeping. */
export function readDone(frame: FrameReader): { status: number; terms: Terms } {
  const status = frame.byte()
  const terms = termsOf(frame.byte(), frame.int())
  frame.int()
  frame.end()
  return { status, terms }
}

/** A `refused`. */
export function readRefusal(frame: FrameReader): TagCacheError {
  const status = frame.short()
  const refusal = new TagCacheError(frame.text(), frame.text(), { status })
  frame.end()
  return refusal
}
