/**
 * Judges what readers got: a reader who starts after an update was confirmed must get what the source had before the update, or newer.
 *
 * One thing is not promised, since Next.js does it before it asks any handler: within a process it lets a reader join a fill that is running.
 * A read is such a join, and counted as one, if another request at the same instance got the very same fill of the same name, had started before
 * the update was confirmed, and was not over when the read started. Everything else that is older is a violation.
 */
export class Checker {
  #confirmed = new Map()
  #history = new Map()
  reads = 0
  joins = 0
  updates = 0
  unconfirmed = 0
  /** Old values of which it cannot be told whether they were joins: whom they may have joined got no answer. */
  undecided = 0
  violations = []

  /** What a reader who starts now must get at least, of a name, in a scope: `tag`, or the path that was updated. */
  floor(name, scopes) {
    let floor = { version: 0, at: 0 }
    for (const scope of scopes) {
      const known = this.#confirmed.get(`${scope}\0${name}`)
      if (known !== undefined && known.version > floor.version) floor = known
    }
    return floor
  }

  /** An update has returned: whoever starts from now on sees that version. */
  confirm(name, scope, version) {
    this.updates++
    const key = `${scope}\0${name}`
    const known = this.#confirmed.get(key)
    if (known === undefined || known.version < version) this.#confirmed.set(key, { version, at: performance.now() })
  }

  /** Begins a read, and gives a function that judges what it got. */
  begin(instance, name, scopes, what) {
    const read = { start: performance.now(), end: Number.POSITIVE_INFINITY, n: undefined }
    const floor = this.floor(name, scopes)
    const key = `${instance}\0${name}`
    const others = this.#history.get(key) ?? []
    others.push(read)
    this.#history.set(key, others)
    return {
      ended: (value) => {
        read.end = performance.now()
        this.reads++
        if (value) {
          read.n = value.n
          if (value.version < floor.version)
            this.#judge(read, floor, value, others, `${what} of ${name} at ${instance}`)
        }
        // Reads that nobody who is still under way can have joined.
        const oldest = Math.min(
          ...others.filter(({ end }) => end === Number.POSITIVE_INFINITY).map(({ start }) => start),
        )
        this.#history.set(
          key,
          others.filter((other) => other.end >= oldest),
        )
      },
    }
  }

  #judge(read, floor, value, others, what) {
    // Whom it joined may not have been answered yet, though it was sent what it waited for: look when all that overlaps is over.
    const overlapping = others.filter((other) => other !== read && other.start < floor.at && other.end > read.start)
    this.#suspects.push({ read, floor, value, overlapping, what })
  }

  #suspects = []

  /** When every read is over: which of the old values were joins, and which are violations. */
  close() {
    for (const { read, floor, value, overlapping, what } of this.#suspects) {
      if (overlapping.some((other) => other.n === value.n)) this.joins++
      else if (overlapping.some((other) => other.n === undefined)) this.undecided++
      else {
        this.violations.push(
          `${what}: started ${(read.start - floor.at).toFixed(1)} ms after version ${floor.version} was confirmed, and got version ${value.version} (fill ${value.n})`,
        )
      }
    }
    this.#suspects = []
  }
}
