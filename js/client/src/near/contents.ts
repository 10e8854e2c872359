import type { FrameReader } from './frames.js'
import type { Answered, Ask } from './near-cache.js'
import type { Terms } from './silo-session.js'

/** What an `entry` has behind its moment, if it has a value. */
export function readAnswered(frame: FrameReader, ask: Ask): Answered {
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
    ;(kind === 0 ? tags : keys).push(frame.text())
  }
  return { number, tags, keys }
}

/** What an answer says of keeping it. */
export function termsOf(flags: number, grant: number): Terms {
  return { grant, mayKeep: (flags & 1) !== 0, isLost: (flags & 2) !== 0 }
}
