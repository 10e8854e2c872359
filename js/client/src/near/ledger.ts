/**
 * What this process knows of one tag, or of one key: the clock at which it was last expired. Kept values refer to the records of what they
 * bear, so that a hit looks nothing up.
 */
export class TagRecord {
  /** How many kept values refer to it. */
  values = 0

  constructor(
    readonly name: string,
    public expired: number,
  ) {}
}

/** Records by name. Those that no kept value refers to are bounded in number: what is forgotten of them lives on in the floor. */
class RecordTable {
  readonly #records = new Map<string, TagRecord>()
  readonly #unreferenced = new Set<TagRecord>()
  /** Stands for every name that has no record, and is raised before one is forgotten. */
  floor = 0

  constructor(readonly maximum: number) {}

  get size(): number {
    return this.#records.size
  }

  /** The clock at which it was last expired, or may have been. */
  expired(name: string): number {
    return this.#records.get(name)?.expired ?? this.floor
  }

  /** A new record starts at the floor, never at zero: what was forgotten of it lives on there. */
  findOrAdd(name: string): TagRecord {
    let record = this.#records.get(name)
    if (record === undefined) {
      record = new TagRecord(name, this.floor)
      this.#records.set(name, record)
    }
    return record
  }

  attach(name: string): TagRecord {
    const record = this.findOrAdd(name)
    record.values++
    this.#unreferenced.delete(record)
    return record
  }

  /** It was changed, or one value refers to it no more. */
  remember(record: TagRecord): void {
    if (record.values > 0) {
      return
    }
    if (record.expired <= this.floor) {
      this.#drop(record)
      this.#unreferenced.delete(record)
    } else if (!this.#unreferenced.has(record)) {
      this.#unreferenced.add(record)
      if (this.#unreferenced.size > this.maximum) {
        this.forget(this.#median())
      }
    }
  }

  /** Forgets what was last expired at or before that clock, and that nothing kept refers to. */
  forget(mark: number): void {
    for (const record of this.#unreferenced) {
      if (record.expired <= mark) {
        this.floor = Math.max(this.floor, record.expired)
        this.#drop(record)
        this.#unreferenced.delete(record)
      }
    }
  }

  #drop(record: TagRecord): void {
    if (this.#records.get(record.name) === record) {
      this.#records.delete(record.name)
    }
  }

  #median(): number {
    const clocks = [...this.#unreferenced].map((record) => record.expired).sort((a, b) => a - b)
    return clocks[clocks.length >> 1] as number
  }
}

/** The records of what one value bears: its tags, `*`, the soft tags that it was asked for with, and its key. */
export interface Borne {
  readonly tags: readonly TagRecord[]
  readonly key: TagRecord
}

/**
 * What was expired, and in which order this process learnt of it. **Stamp before you ask; believe the answer only while nothing that it bears
 * was expired after the stamp.** The check is made at every read.
 *
 * An expiry sets the records, then the clock, and is acknowledged after both. Everything here happens in one turn of the event loop.
 */
export class Ledger {
  readonly #tags: RecordTable
  readonly #keys: RecordTable
  #clock = 0

  /** @param maximum How many tags, and as many keys, without kept values are remembered. Beyond it the older half becomes the floor. */
  constructor(maximum = 10_000) {
    this.#tags = new RecordTable(maximum)
    this.#keys = new RecordTable(maximum)
  }

  /** How many tags and keys have a record. */
  get size(): number {
    return this.#tags.size + this.#keys.size
  }

  /** The clock. Read it before a value is asked for. */
  stamp(): number {
    return this.#clock
  }

  /** Expires everything that bears one of these. Acknowledge only after it. */
  expire(tags: Iterable<string>, keys: Iterable<string>): void {
    const at = this.#clock + 1
    change(this.#tags, tags, at)
    change(this.#keys, keys, at)
    this.#clock = at
  }

  /** Whether nothing of these was expired after the stamp, as far as is known. */
  isLive(tags: Iterable<string>, key: string, stamp: number): boolean {
    for (const tag of tags) {
      if (this.#tags.expired(tag) > stamp) {
        return false
      }
    }
    return this.#keys.expired(key) <= stamp
  }

  /** Forgets what was last expired at or before that clock: what is older than that, and not kept yet, is as good as expired. */
  forget(mark: number): void {
    this.#tags.forget(mark)
    this.#keys.forget(mark)
  }

  /** The records of a value that is kept from now on, until {@link detach}. */
  attach(tags: Iterable<string>, key: string): Borne {
    return { tags: Array.from(tags, (tag) => this.#tags.attach(tag)), key: this.#keys.attach(key) }
  }

  detach(borne: Borne): void {
    for (const record of borne.tags) {
      record.values--
      this.#tags.remember(record)
    }
    borne.key.values--
    this.#keys.remember(borne.key)
  }
}

function change(table: RecordTable, names: Iterable<string>, at: number): void {
  for (const name of names) {
    const record = table.findOrAdd(name)
    record.expired = at
    table.remember(record)
  }
}

/** Whether a kept value may be served: nothing that it bears was expired after its stamp. */
export function admits(borne: Borne, stamp: number): boolean {
  for (const record of borne.tags) {
    if (record.expired > stamp) {
      return false
    }
  }
  return borne.key.expired <= stamp
}
