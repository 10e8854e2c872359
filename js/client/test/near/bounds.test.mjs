// What is kept counts as much as it takes.
import assert from 'node:assert/strict'
import test from 'node:test'
import { dist } from './connect.mjs'

const { NearCache } = await import(`${dist}near-cache.js`)
const { SiloSession } = await import(`${dist}silo-session.js`)

function cache(maximumBytes) {
  const near = new NearCache(maximumBytes)
  const session = new SiloSession(near, 'silo', 1n, 0, 1e9)
  const keep = (key, tags) => {
    const before = near.bytes
    const answered = { value: new Uint8Array(1_000), contentType: 'text/plain', tags, madeAt: 0, freshUntil: 1e9 }
    session.answered({ grant: 1e9, mayKeep: true, isLost: false }, { stamp: 0, at: 0 }, { key, answered, soft: [] })
    return near.bytes - before
  }
  return { near, session, keep }
}

const tagsOf = (key) => Array.from({ length: 1_000 }, (_, i) => `${key}${i}`.padEnd(100, '-'))

test('Names that no other entry bears cost their records, and those that others bear do not', () => {
  const { near, session, keep } = cache(1024 * 1024 * 1024)
  const first = keep('a', tagsOf('a'))
  const second = keep('b', tagsOf('a'))
  assert.ok(first > 1_000 * 200, `${first}`)
  assert.ok(second < 1_000 * 50, `${second}`)
  session.leave()
  assert.deepEqual([near.bytes, near.count, near.ledger.size], [0, 0, 0])
})

test('Entries with many names of their own stay within the bound', () => {
  const { near, keep } = cache(1024 * 1024)
  for (let i = 0; i < 20; i++) {
    keep(`k${i}`, tagsOf(`k${i}-`))
  }
  assert.ok(near.bytes <= 1024 * 1024)
  assert.ok(near.count > 0 && near.count <= 4, `${near.count}`)
  assert.ok(near.ledger.size <= 5_000, `${near.ledger.size}`)
})
