// The owners of keys, and the hashes that they are computed by, as the silos have them (tests/Simulation writes the file).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { dist } from './connect.mjs'

const { Owners } = await import(`${dist}owners.js`)
const { xxh3 } = await import(`${dist}xxh3.js`)
const vectors = JSON.parse(readFileSync(new URL('./vectors/owners.json', import.meta.url), 'utf8'))

test('hashes are those of the silos, for keys of every length', () => {
  assert.ok(vectors.owners.length > 60)
  for (const [key, hash] of vectors.owners) {
    assert.equal(xxh3(Buffer.from(key)).toString(16).padStart(16, '0'), hash, `${key.length} units`)
  }
  assert.equal(xxh3(Buffer.alloc(0)).toString(16), '2d06800538d394c2')
})

test('owners are those of the silos', () => {
  for (const [key, , most, owner] of vectors.owners) {
    const owners = new Owners(vectors.silos.slice(0, most), vectors.namespace)
    assert.equal(owners.ownerOf(key), vectors.silos[owner])
  }
  assert.equal(Owners.none.ownerOf('k'), undefined)
})
