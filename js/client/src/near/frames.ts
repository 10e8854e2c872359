import { TagCacheError } from '../errors.js'
import { isSound } from '../names.js'

/** The version of the frames. */
export const version = 1
export const subprotocol = 'orleans-tag-cache.v1'

export enum Kind {
  hello = 1,
  acquire = 2,
  commit = 3,
  abandon = 4,
  acknowledge = 6,
  renew = 7,
  leave = 8,
  welcome = 64,
  entry = 65,
  done = 66,
  refused = 67,
  push = 68,
  end = 69,
  silos = 70,
}

/** What became of a read. */
export enum EntryStatus {
  fresh = 0,
  stale = 1,
  miss = 2,
  busy = 3,
  notServing = 4,
  notForStoring = 6,
}

/** What became of a commit. */
export enum CommitStatus {
  stored = 0,
  superseded = 1,
  unknownToken = 2,
  notServing = 3,
}

const head = 9

/** Writes one frame: length, kind, request, then what is added. Numbers are big-endian. */
export class FrameWriter {
  #bytes: Buffer
  #length = head

  constructor(kind: Kind, request: number, room = 256) {
    this.#bytes = Buffer.allocUnsafe(head + room)
    this.#bytes.writeUInt8(kind, 4)
    this.#bytes.writeUInt32BE(request, 5)
  }

  byte(value: number): this {
    this.#grow(1)
    this.#length = this.#bytes.writeUInt8(value, this.#length)
    return this
  }

  short(value: number): this {
    this.#grow(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
    return this
  }

  int(value: number): this {
    this.#grow(4)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
    return this
  }

  long(value: number): this {
    this.#grow(8)
    this.#length = this.#bytes.writeBigUInt64BE(BigInt(value), this.#length)
    return this
  }

  double(value: number): this {
    this.#grow(8)
    this.#length = this.#bytes.writeDoubleBE(value, this.#length)
    return this
  }

  /** @throws TagCacheError It is longer than any may be, or has half of a surrogate pair: two different ones would be sent as one. */
  text(text: string): this {
    const bytes = Buffer.byteLength(text, 'utf8')
    if (bytes > 0xffff || !isSound(text)) {
      throw new TagCacheError('invalid_argument', 'A name is longer than any may be, or has a lone surrogate.')
    }
    this.short(bytes)
    this.#grow(bytes)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
    return this
  }

  texts(texts: readonly string[]): this {
    this.short(texts.length)
    for (const text of texts) {
      this.text(text)
    }
    return this
  }

  rest(bytes: Uint8Array): this {
    this.#grow(bytes.byteLength)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.byteLength
    return this
  }

  end(): Buffer {
    this.#bytes.writeUInt32BE(this.#length - 4, 0)
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(by: number): void {
    const needed = this.#length + by
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
  }
}

/** Reads one frame. What ends early, or has more than its content, is a {@link TagCacheError}. */
export class FrameReader {
  readonly #bytes: Buffer
  readonly kind: number
  readonly request: number
  #at = head

  constructor(message: ArrayBuffer) {
    this.#bytes = Buffer.from(message)
    if (this.#bytes.length < head || this.#bytes.readUInt32BE(0) !== this.#bytes.length - 4) {
      throw new TagCacheError('protocol', 'What answers is no silo: a frame is not as long as it says.')
    }
    this.kind = this.#bytes.readUInt8(4)
    this.request = this.#bytes.readUInt32BE(5)
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  short(): number {
    return this.#bytes.readUInt16BE(this.#skip(2))
  }

  int(): number {
    return this.#bytes.readUInt32BE(this.#skip(4))
  }

  long(): bigint {
    return this.#bytes.readBigUInt64BE(this.#skip(8))
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#skip(8))
  }

  text(): string {
    const length = this.short()
    const from = this.#skip(length)
    return this.#bytes.toString('utf8', from, this.#at)
  }

  texts(): string[] {
    return Array.from({ length: this.short() }, () => this.text())
  }

  rest(): Uint8Array {
    const from = this.#skip(this.#bytes.length - this.#at)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + from, this.#bytes.length - from)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) {
      throw new TagCacheError('protocol', 'A frame is longer than its content.')
    }
  }

  #skip(by: number): number {
    const from = this.#at
    if (from + by > this.#bytes.length) {
      throw new TagCacheError('protocol', 'A frame ends early.')
    }
    this.#at = from + by
    return from
  }
}
