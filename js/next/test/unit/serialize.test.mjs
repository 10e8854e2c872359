import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { deserialize, serialize } from '../../dist/esm/serialize.js'

const page = {
  kind: 'APP_PAGE',
  html: '<html>hé 💥</html>',
  rscData: Buffer.from([0, 1, 255]),
  postponed: undefined,
  headers: { 'x-next-cache-tags': 'a,_N_T_/', 'set-cookie': ['a', 'b'] },
  status: 200,
  segmentData: new Map([
    ['/_tree', Buffer.from('tree')],
    ['', Buffer.alloc(0)],
  ]),
}

const values = [
  null,
  undefined,
  true,
  false,
  0,
  -0,
  1.5,
  Number.POSITIVE_INFINITY,
  Number.NaN,
  '',
  'é',
  'a\ud800b',
  '\udc00💥',
  [],
  [null, undefined, [1]],
  {},
  { __proto__: null, a: 1 },
  JSON.parse('{"__proto__":{"x":1},"constructor":2}'),
  new Map(),
  page,
  { kind: 'FETCH', data: { headers: { a: 'b' }, body: 'aGk=', status: 200, url: 'https://a/b' }, revalidate: 60 },
  { kind: 'PAGES', html: 'x', pageData: { pageProps: { list: [{ a: null }] } }, headers: undefined, status: 200 },
  { kind: 'REDIRECT', props: { __N_REDIRECT: '/x', __N_REDIRECT_STATUS: 307 } },
  { kind: 'APP_ROUTE', body: Buffer.from('{}'), status: 404, headers: {} },
  { kind: 'IMAGE', etag: 'e', buffer: Buffer.alloc(100_000, 7), extension: 'webp', upstreamEtag: 'u' },
]

for (const [i, value] of values.entries()) {
  test(`Value ${i} comes back as it was`, () => {
    const plain = value?.constructor === undefined && value !== null && value !== undefined ? { ...value } : value
    assert.deepEqual(deserialize(serialize(value)), { value: plain })
  })
}

test('Bytes come back as Buffers of their own, whatever they were part of', () => {
  const large = Buffer.alloc(1_000, 1)
  const frame = serialize({ a: large.subarray(10, 20), b: new Uint8Array([1, 2]) })
  assert.ok(frame.byteLength < 100)
  const { value } = deserialize(frame)
  assert.ok(Buffer.isBuffer(value.a) && Buffer.isBuffer(value.b))
  frame.fill(0)
  assert.deepEqual([...value.b], [1, 2])
})

test('Objects of another realm are plain too', () => {
  assert.deepEqual(deserialize(serialize(runInNewContext('({ a: [1] })'))), { value: { a: [1] } })
})

test('What the frame does not know is refused', () => {
  for (const value of [() => 1, Symbol('a'), 1n, new Date(0), new (class A {})(), new Set(), Promise.resolve()]) {
    assert.throws(() => serialize({ value }), TypeError)
  }
  const loop = []
  loop.push(loop)
  assert.throws(() => serialize(loop), TypeError)
})

test('A frame that was cut off, lengthened or changed is no value, or another one, and never a fault', () => {
  const frame = serialize(page)
  for (let length = 0; length < frame.byteLength; length++) {
    assert.equal(deserialize(frame.subarray(0, length)), undefined)
  }
  assert.equal(deserialize(Buffer.concat([frame, Buffer.from([0])])), undefined)
  assert.equal(deserialize(Buffer.from([2, ...frame.subarray(1)])), undefined)
  let seed = 1
  const random = (below) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  for (let i = 0; i < 20_000; i++) {
    const changed = Buffer.from(frame)
    for (let n = random(4); n >= 0; n--) {
      changed[random(changed.byteLength)] = random(256)
    }
    deserialize(changed)
  }
  const deep = Buffer.concat([Buffer.from([1]), ...Array.from({ length: 10_000 }, () => Buffer.from([7, 0, 0, 0, 1]))])
  assert.equal(deserialize(deep), undefined)
})
