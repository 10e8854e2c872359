import type { Silo } from '../connection.js'
import type { Answered, Ask, NearCache } from './near-cache.js'
import { Session } from './session.js'

/** What a silo says, beside an answer, of keeping it. */
export interface Terms {
  /** In milliseconds; 0 for none. */
  readonly grant: number
  /** Whether the value may be kept: the silo has registered the interest, and it was live after that. */
  readonly mayKeep: boolean
  /** Whether the silo does not know the session any more. */
  readonly isLost: boolean
}

/**
 * The session with one silo, from its welcome to the end of its connection: the rules of the protocol, without the wire. Whatever goes wrong, it
 * is left, which ends all that was kept under it; a connection that comes later brings another.
 */
export class SiloSession {
  readonly #session: Session
  #applied = 0

  /**
   * @param askedAt The time before the hello was sent.
   * @param source The silo as the client without near knows it.
   * @param id 0 if the silo gave none: then nothing is kept.
   */
  constructor(
    readonly near: NearCache,
    readonly silo: string,
    id: bigint,
    askedAt: number,
    grant: number,
    source?: Silo,
  ) {
    this.#session = new Session(silo, id, source)
    if (id === 0n) {
      this.#session.leave()
    } else {
      this.#session.granted(askedAt, grant)
    }
  }

  get isOver(): boolean {
    return this.#session.isOver
  }

  /** How much was granted last, in milliseconds. */
  get lastGrant(): number {
    return this.#session.lastGrant
  }

  /** How many values are kept under it. */
  get kept(): number {
    return this.#session.kept
  }

  /**
   * An answer came.
   *
   * @param ask What was read before its question was sent.
   * @param value What may be kept, if the answer has a value.
   * @returns Whether the value is kept.
   */
  answered(
    terms: Terms,
    ask: Ask,
    value?: { readonly key: string; readonly answered: Answered; readonly soft: readonly string[] },
  ): boolean {
    if (this.#session.isOver) {
      return false
    }
    if (terms.isLost) {
      this.leave()
      return false
    }
    this.#session.granted(ask.at, terms.grant)
    return value !== undefined && terms.mayKeep
      ? this.near.keep(value.key, value.answered, value.soft, this.#session, ask)
      : false
  }

  /**
   * A push came. It is applied whatever became of the session: to expire more is harmless.
   *
   * @param acknowledge Tells the silo, once it is applied.
   * @returns False if one before it is missing: then nothing may be acknowledged any more.
   */
  pushed(
    number: number,
    tags: readonly string[],
    keys: readonly string[],
    acknowledge: (number: number) => void,
  ): boolean {
    this.near.apply(tags, keys)
    if (number !== this.#applied + 1) {
      return false
    }
    this.#applied = number
    acknowledge(number)
    return true
  }

  /** The connection is lost, the silo ends it, or this process does. */
  leave(): void {
    if (!this.#session.isOver) {
      this.#session.leave()
      this.near.forget(this.#session)
    }
  }
}
