/** Random numbers that a seed repeats: mulberry32. */
export class Random {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  below(end) {
    return Math.floor(this.next() * end)
  }

  chance(probability) {
    return this.next() < probability
  }

  pick(from) {
    return from[this.below(from.length)]
  }

  shuffle(what) {
    const list = [...what]
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[list[i], list[j]] = [list[j], list[i]]
    }
    return list
  }

  /** Another one, whose numbers do not depend on how many this one gives from now on. */
  fork() {
    return new Random(Math.floor(this.next() * 4_294_967_296))
  }
}
