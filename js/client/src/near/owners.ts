import { xxh3 } from './xxh3.js'

const mask = 0xffffffffffffffffn

/**
 * Which silo a key belongs to: the one with the highest weight for it, as every process of the cluster computes it (rendezvous hashing).
 * Without silos, none.
 */
export class Owners {
  static readonly none = new Owners([], '')

  readonly #seeds: readonly bigint[]

  constructor(
    readonly silos: readonly string[],
    readonly namespace: string,
  ) {
    this.#seeds = silos.map((silo) => xxh3(Buffer.from(silo, 'utf8')))
  }

  ownerOf(key: string): string | undefined {
    if (this.silos.length < 2) {
      return this.silos[0]
    }
    const hash = xxh3(Buffer.from(`${this.namespace.length}:${this.namespace}${key}`, 'utf8'))
    let owner: string | undefined
    let most = -1n
    for (const [i, seed] of this.#seeds.entries()) {
      const weight = mix(hash ^ seed)
      if (weight > most) {
        owner = this.silos[i]
        most = weight
      }
    }
    return owner
  }
}

function mix(value: bigint): bigint {
  let mixed = ((value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & mask
  return mixed ^ (mixed >> 31n)
}
