// XXH3-64 without a seed, as System.IO.Hashing has it (Yann Collet's algorithm, BSD 2-Clause, written anew).
const mask = 0xffffffffffffffffn
const p32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const
const p64 = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const

const secret = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8' +
    'fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb17' +
    '0ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)

/** The 64-bit hash of some bytes. */
export function xxh3(input: Buffer): bigint {
  const length = input.length
  if (length <= 16) {
    return upTo16(input, length)
  }
  if (length <= 240) {
    return upTo240(input, length)
  }
  return longer(input, length)
}

function upTo16(input: Buffer, length: number): bigint {
  if (length > 8) {
    const low = input.readBigUInt64LE(0) ^ (key(24) ^ key(32))
    const high = input.readBigUInt64LE(length - 8) ^ (key(40) ^ key(48))
    return avalanche((BigInt(length) + swap(low) + high + fold(low, high)) & mask)
  }
  if (length >= 4) {
    const first = BigInt(input.readUInt32LE(0))
    const last = BigInt(input.readUInt32LE(length - 4))
    let hash = (last + (first << 32n)) ^ (key(8) ^ key(16))
    hash ^= rotate(hash, 49n) ^ rotate(hash, 24n)
    hash = (hash * 0x9fb21c651e98df25n) & mask
    hash ^= (hash >> 35n) + BigInt(length)
    hash = (hash * 0x9fb21c651e98df25n) & mask
    return hash ^ (hash >> 28n)
  }
  if (length > 0) {
    const [a, b, c] = [input.readUInt8(0), input.readUInt8(length >> 1), input.readUInt8(length - 1)]
    const combined = BigInt((a << 16) | (b << 24) | c | (length << 8)) & 0xffffffffn
    return avalancheOld(combined ^ BigInt((secret.readUInt32LE(0) ^ secret.readUInt32LE(4)) >>> 0))
  }
  return avalancheOld(key(56) ^ key(64))
}

function upTo240(input: Buffer, length: number): bigint {
  let sum = (BigInt(length) * p64[0]) & mask
  if (length <= 128) {
    const pairs = (length - 1) >> 5
    for (let i = pairs; i >= 0; i--) {
      sum += mix(input, 16 * i, 32 * i)
      sum += mix(input, length - 16 * (i + 1), 32 * i + 16)
    }
    return avalanche(sum & mask)
  }
  for (let i = 0; i < 8; i++) {
    sum += mix(input, 16 * i, 16 * i)
  }
  sum = avalanche(sum & mask)
  for (let i = 8; i < length >> 4; i++) {
    sum += mix(input, 16 * i, 16 * (i - 8) + 3)
  }
  return avalanche((sum + mix(input, length - 16, 119)) & mask)
}

function longer(input: Buffer, length: number): bigint {
  const sums: bigint[] = [p32[2], p64[0], p64[1], p64[2], p64[3], p32[1], p64[4], p32[0]]
  const blocks = Math.floor((length - 1) / 1_024)
  for (let block = 0; block < blocks; block++) {
    for (let stripe = 0; stripe < 16; stripe++) {
      accumulate(sums, input, block * 1_024 + stripe * 64, stripe * 8)
    }
    for (let i = 0; i < 8; i++) {
      const sum = sums[i] as bigint
      sums[i] = ((sum ^ (sum >> 47n) ^ key(128 + 8 * i)) * p32[0]) & mask
    }
  }
  const stripes = Math.floor((length - 1 - blocks * 1_024) / 64)
  for (let stripe = 0; stripe < stripes; stripe++) {
    accumulate(sums, input, blocks * 1_024 + stripe * 64, stripe * 8)
  }
  accumulate(sums, input, length - 64, 121)
  let hash = (BigInt(length) * p64[0]) & mask
  for (let i = 0; i < 4; i++) {
    hash += fold((sums[2 * i] as bigint) ^ key(11 + 16 * i), (sums[2 * i + 1] as bigint) ^ key(19 + 16 * i))
  }
  return avalanche(hash & mask)
}

function accumulate(sums: bigint[], input: Buffer, at: number, secretAt: number): void {
  for (let i = 0; i < 8; i++) {
    const value = input.readBigUInt64LE(at + 8 * i)
    const keyed = value ^ key(secretAt + 8 * i)
    sums[i ^ 1] = ((sums[i ^ 1] as bigint) + value) & mask
    sums[i] = ((sums[i] as bigint) + (keyed & 0xffffffffn) * (keyed >> 32n)) & mask
  }
}

function mix(input: Buffer, at: number, secretAt: number): bigint {
  return fold(input.readBigUInt64LE(at) ^ key(secretAt), input.readBigUInt64LE(at + 8) ^ key(secretAt + 8))
}

function key(at: number): bigint {
  return secret.readBigUInt64LE(at)
}

function fold(a: bigint, b: bigint): bigint {
  const product = a * b
  return (product & mask) ^ (product >> 64n)
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) & mask) | (value >> (64n - bits))
}

function swap(value: bigint): bigint {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}

function avalanche(value: bigint): bigint {
  const hash = ((value ^ (value >> 37n)) * 0x165667919e3779f9n) & mask
  return hash ^ (hash >> 32n)
}

function avalancheOld(value: bigint): bigint {
  let hash = ((value ^ (value >> 33n)) * p64[1]) & mask
  hash = ((hash ^ (hash >> 29n)) * p64[2]) & mask
  return hash ^ (hash >> 32n)
}
