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
        this.#forget(this.#median())
      }
    }
  }

  /** Forgets what was last expired at or before that clock; nothing kept refers to it. */
  #forget(mark: number): void {
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

/**
 * What was expired, and in which order this process learnt of it. **Stamp before you ask; believe the answer only while nothing that it bears
 * was expired after the stamp.** The check is made at every read.
 *
 * An expiry sets the records, then the clock, and is acknowledged after both. Everything here happens in one turn of the event loop.
 */
export class Ledger {
  readonly #records: RecordTable
  #clock = 0

  /** @param maximum How many names without kept values are remembered. Beyond it the older half becomes the floor. */
  constructor(maximum = 20_000) {
    this.#records = new RecordTable(maximum)
  }

  /** How many names have a record. */
  get size(): number {
    return this.#records.size
  }

  /** The clock. Read it before a value is asked for. */
  stamp(): number {
    return this.#clock
  }

  /** Expires everything that bears one of these names. Acknowledge only after it. */
  expire(names: Iterable<string>): void {
    const at = this.#clock + 1
    for (const name of names) {
      const record = this.#records.findOrAdd(name)
      record.expired = at
      this.#records.remember(record)
    }
    this.#clock = at
  }

  /** Whether none of these was expired after the stamp, as far as is known. */
  isLive(names: Iterable<string>, stamp: number): boolean {
    for (const name of names) {
      if (this.#records.expired(name) > stamp) {
        return false
      }
    }
    return true
  }

  /** The records of what a value bears that is kept from now on, until {@link detach}. */
  attach(names: Iterable<string>): TagRecord[] {
    return Array.from(names, (name) => this.#records.attach(name))
  }

  detach(borne: readonly TagRecord[]): void {
    for (const record of borne) {
      record.values--
      this.#records.remember(record)
    }
  }
}

/** Whether a kept value may be served: nothing that it bears was expired after its stamp. */
export function admits(borne: readonly TagRecord[], stamp: number): boolean {
  for (const record of borne) {
    if (record.expired > stamp) {
      return false
    }
  }
  return true
}

/** A key among the names of tags. No tag has a control character. */
export function nameOfKey(key: string): string {
  return `\u0001${key}`
}
