import { admits, Ledger, nameOfKey, type TagRecord } from './ledger.js'
import type { Session } from './session.js'

/** What is read before a question is sent. */
export interface Ask {
  /** The ledger's clock. */
  readonly stamp: number
  /** The time. */
  readonly at: number
}

/** A value as it came, or as it was made. */
export interface Answered {
  readonly value: Uint8Array
  readonly contentType: string
  readonly tags: readonly string[]
  /** The time at or before which its generation began. */
  readonly madeAt: number
  /** Until when it is fresh, by its age alone. */
  readonly freshUntil: number
}

/** A value that is kept. Its tags are in the records that it bears. */
export interface Kept extends Omit<Answered, 'tags'> {
  readonly key: string
  readonly soft: readonly string[]
  readonly session: Session
  readonly stamp: number
  readonly borne: readonly TagRecord[]
  readonly bytes: number
  isUsed: boolean
  /** The ledger's clock when nothing that it bears was found expired: while it stands still, nothing is. */
  liveAt: number
}

// What an entry costs beside its bytes, as measured: its objects, the record of its key, a place in the map; a place in its list for each name that it
// bears; and for each that no other bears the record.
const overhead = 800
const perName = 20
const perRecord = 150
// Readers of one key with different soft tags are kept apart.
const mostOfKey = 4

/**
 * Values in this process's memory, each with the stamp and the session that it is served under. A hit looks up the key, reads the clock, and
 * checks the lease, the age and the records of what the value bears. It is bounded by bytes; what was not read lately goes first.
 */
export class NearCache {
  readonly ledger: Ledger
  readonly #entries = new Map<string, Kept[]>()
  #bytes = 0
  #count = 0

  constructor(
    readonly maximumBytes: number,
    ledger = new Ledger(),
  ) {
    this.ledger = ledger
  }

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#count
  }

  /** To be called before a question is sent. */
  ask(now: number): Ask {
    return { stamp: this.ledger.stamp(), at: now }
  }

  /**
   * The value, if it may be served at this moment to a reader with these soft tags.
   *
   * @param now The clock, read for this very hit.
   */
  find(key: string, soft: readonly string[], now: number): Kept | undefined {
    const all = this.#entries.get(key)
    if (all === undefined) {
      return undefined
    }
    for (const kept of all) {
      // A soft tag of which no silo was told before the check would be updated unheard.
      if (includes(kept.soft, soft)) {
        if (now < kept.freshUntil && kept.session.isValid(now) && this.#isLive(kept)) {
          kept.isUsed = true
          return kept
        }
      }
    }
    this.#sweep(key, all, now)
    return undefined
  }

  /**
   * Keeps a value that the silo of the session has said may be kept.
   *
   * @returns Whether it is kept: the session was not left, and nothing that it bears was expired since it was asked for.
   */
  keep(key: string, answered: Answered, soft: readonly string[], session: Session, ask: Ask): boolean {
    const names = new Set([...answered.tags, '*', ...soft, nameOfKey(key)])
    const least = overhead + 2 * key.length + perName * names.size + answered.value.buffer.byteLength
    if (session.isOver || least > this.maximumBytes || !this.ledger.isLive(names, ask.stamp)) {
      return false
    }
    const all = this.#entries.get(key) ?? []
    this.#entries.set(key, all)
    const same = all.findIndex((kept) => includes(soft, kept.soft))
    if (same >= 0) {
      this.#drop(all, same)
    }
    if (all.length >= mostOfKey) {
      this.#drop(all, 0)
    }
    const borne = this.ledger.attach(names)
    const own = borne.reduce((sum, { values, name }) => sum + (values === 1 ? perRecord + name.length : 0), 0)
    const { value, contentType, madeAt, freshUntil } = answered
    const bytes = least + own
    all.push({
      ...{ value, contentType, madeAt, freshUntil },
      ...{ key, soft, session, stamp: ask.stamp, borne, bytes, isUsed: false, liveAt: -1 },
    })
    session.kept++
    this.#bytes += bytes
    this.#count++
    this.#makeRoom()
    return true
  }

  /** What a silo has pushed. Acknowledge it after this. */
  apply(tags: Iterable<string>, keys: Iterable<string>): void {
    this.ledger.expire([...tags, ...Array.from(keys, nameOfKey)])
  }

  /** Lets go of everything that was kept under a session. Nothing rests on it: what was left is not served. */
  forget(session: Session): void {
    for (const [key, all] of this.#entries) {
      for (let i = all.length - 1; i >= 0; i--) {
        if (all[i]?.session === session) {
          this.#drop(all, i)
        }
      }
      if (all.length === 0) {
        this.#entries.delete(key)
      }
    }
  }

  #isLive(kept: Kept): boolean {
    const clock = this.ledger.stamp()
    if (kept.liveAt !== clock) {
      if (!admits(kept.borne, kept.stamp)) {
        return false
      }
      kept.liveAt = clock
    }
    return true
  }

  #makeRoom(): void {
    for (const [key, all] of this.#entries) {
      if (this.#bytes <= this.maximumBytes) {
        return
      }
      // In the order in which they came; who was read since then gets another round.
      this.#entries.delete(key)
      const unused = all.filter((kept) => !kept.isUsed)
      for (const kept of unused) {
        this.#drop(all, all.indexOf(kept))
      }
      if (all.length > 0) {
        for (const kept of all) {
          kept.isUsed = false
        }
        this.#entries.set(key, all)
      }
    }
  }

  #sweep(key: string, all: Kept[], now: number): void {
    for (let i = all.length - 1; i >= 0; i--) {
      const kept = all[i] as Kept
      if (now >= kept.freshUntil || kept.session.isOver || !admits(kept.borne, kept.stamp)) {
        this.#drop(all, i)
      }
    }
    if (all.length === 0) {
      this.#entries.delete(key)
    }
  }

  #drop(all: Kept[], at: number): void {
    const [kept] = all.splice(at, 1)
    if (kept !== undefined) {
      this.ledger.detach(kept.borne)
      kept.session.kept--
      this.#bytes -= kept.bytes
      this.#count--
    }
  }
}

/** Whether all of the asked tags are among the others. Mostly they are the same, in the same order. */
function includes(tags: readonly string[], asked: readonly string[]): boolean {
  for (let i = 0; i < asked.length; i++) {
    const tag = asked[i] as string
    if (tags[i] !== tag && !tags.includes(tag)) {
      return false
    }
  }
  return true
}
