/**
 * The frame of what this package stores: a version, then one value with what is in it. It knows what Next.js gives to cache handlers:
 * null, undefined, booleans, numbers, strings, bytes, arrays, plain objects and Maps. Everything else is refused rather than bent.
 * Numbers are big-endian. A frame of another version, or a broken one, is no value.
 */
const version = 1
const deepest = 64
const loneSurrogate = /\p{Cs}/u

enum Kind {
  Undefined = 0,
  Null = 1,
  False = 2,
  True = 3,
  Number = 4,
  Text = 5,
  Bytes = 6,
  List = 7,
  Object = 8,
  Map = 9,
  /** In UTF-16: it has surrogates without another half, which UTF-8 cannot say. */
  UnsoundText = 10,
}

/** A value in its frame. @throws TypeError It holds something that the frame does not know. */
export function serialize(value: unknown): Buffer {
  const parts: Uint8Array[] = [Buffer.from([version])]
  write(parts, value, 0)
  return Buffer.concat(parts)
}

/** What {@link serialize} was given, with bytes as Buffers of their own; undefined for what is no frame of this version. */
export function deserialize(frame: Uint8Array): { value: unknown } | undefined {
  const reader = new Reader(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength))
  try {
    if (reader.byte() !== version) {
      return undefined
    }
    const value = reader.value(0)
    return reader.isAtEnd ? { value } : undefined
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined
    }
    throw error
  }
}

function write(parts: Uint8Array[], value: unknown, depth: number): void {
  if (depth > deepest) {
    throw new TypeError(`A value of more than ${deepest} levels is not stored.`)
  }
  if (value === undefined) {
    parts.push(Buffer.from([Kind.Undefined]))
  } else if (value === null) {
    parts.push(Buffer.from([Kind.Null]))
  } else if (typeof value === 'boolean') {
    parts.push(Buffer.from([value ? Kind.True : Kind.False]))
  } else if (typeof value === 'number') {
    const bytes = Buffer.alloc(9)
    bytes[0] = Kind.Number
    bytes.writeDoubleBE(value, 1)
    parts.push(bytes)
  } else if (typeof value === 'string') {
    const isSound = !loneSurrogate.test(value)
    const text = Buffer.from(value, isSound ? 'utf8' : 'utf16le')
    parts.push(head(isSound ? Kind.Text : Kind.UnsoundText, text.byteLength), text)
  } else if (value instanceof Uint8Array) {
    parts.push(head(Kind.Bytes, value.byteLength), value)
  } else if (Array.isArray(value)) {
    parts.push(head(Kind.List, value.length))
    for (const item of value) {
      write(parts, item, depth + 1)
    }
  } else if (value instanceof Map) {
    parts.push(head(Kind.Map, value.size))
    for (const [key, item] of value) {
      write(parts, key, depth + 1)
      write(parts, item, depth + 1)
    }
  } else if (typeof value === 'object' && isPlain(value)) {
    const entries = Object.entries(value)
    parts.push(head(Kind.Object, entries.length))
    for (const [key, item] of entries) {
      write(parts, key, depth + 1)
      write(parts, item, depth + 1)
    }
  } else {
    throw new TypeError(
      `A ${typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value} is not stored.`,
    )
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Values of another realm, such as a VM context of a test, have an Object.prototype of their own.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function head(kind: Kind, count: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = kind
  bytes.writeUInt32BE(count, 1)
  return bytes
}

class Reader {
  #at = 0

  constructor(readonly frame: Buffer) {}

  get isAtEnd(): boolean {
    return this.#at === this.frame.byteLength
  }

  byte(): number {
    return this.frame.readUInt8(this.#advance(1))
  }

  value(depth: number): unknown {
    if (depth > deepest) {
      throw new RangeError('Too deep.')
    }
    const kind = this.byte()
    switch (kind) {
      case Kind.Undefined:
        return undefined
      case Kind.Null:
        return null
      case Kind.False:
        return false
      case Kind.True:
        return true
      case Kind.Number:
        return this.frame.readDoubleBE(this.#advance(8))
      case Kind.Text: {
        const { start, end } = this.#span()
        return this.frame.toString('utf8', start, end)
      }
      case Kind.UnsoundText: {
        const { start, end } = this.#span()
        return this.frame.toString('utf16le', start, end)
      }
      case Kind.Bytes: {
        const { start, end } = this.#span()
        return Buffer.from(this.frame.subarray(start, end))
      }
      case Kind.List:
        return Array.from({ length: this.#count(1) }, () => this.value(depth + 1))
      case Kind.Object: {
        const object: Record<string, unknown> = {}
        for (let left = this.#count(2); left > 0; left--) {
          const key = this.value(depth + 1)
          if (typeof key !== 'string') {
            throw new RangeError('A member without a name.')
          }
          const value = this.value(depth + 1)
          if (key === '__proto__') {
            // A member like any other. Assigned to, it would be another prototype.
            Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
          } else {
            object[key] = value
          }
        }
        return object
      }
      case Kind.Map: {
        const map = new Map<unknown, unknown>()
        for (let left = this.#count(2); left > 0; left--) {
          const key = this.value(depth + 1)
          map.set(key, this.value(depth + 1))
        }
        return map
      }
      default:
        throw new RangeError('Unknown kind.')
    }
  }

  /** A number of items, each of which takes at least so many bytes. */
  #count(least: number): number {
    const count = this.frame.readUInt32BE(this.#advance(4))
    if (count * least > this.frame.byteLength - this.#at) {
      throw new RangeError('More items than bytes.')
    }
    return count
  }

  #span(): { start: number; end: number } {
    const length = this.frame.readUInt32BE(this.#advance(4))
    const start = this.#advance(length)
    return { start, end: start + length }
  }

  #advance(count: number): number {
    const start = this.#at
    if (start + count > this.frame.byteLength) {
      throw new RangeError('Cut off.')
    }
    this.#at += count
    return start
  }
}
