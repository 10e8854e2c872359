// Repeats what the simulator of the protocol (tests/Simulation) has written down of its own types, deed by deed.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { dist } from './connect.mjs'

const { Ledger } = await import(`${dist}ledger.js`)
const { NearCache } = await import(`${dist}near-cache.js`)
const { SiloSession } = await import(`${dist}silo-session.js`)

const terms = { grant: 0, mayKeep: false, isLost: false }
const clients = []
for (const line of readFileSync(new URL('./vectors/traces.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')) {
  const deed = JSON.parse(line)
  if (deed[0] === 'client') {
    clients.push({ seed: deed[1], maximum: deed[2], deeds: [] })
  } else {
    clients.at(-1).deeds.push(deed)
  }
}

for (const [i, { seed, maximum, deeds }] of clients.entries()) {
  test(`trace ${i} of seed ${seed}: ${deeds.length} deeds`, () => {
    const near = new NearCache(2 ** 40, new Ledger(maximum))
    const sessions = new Map()
    const asks = []
    const pushes = new Map()
    for (const [at, deed] of deeds.entries()) {
      const [what, ...rest] = deed
      const told = `${what} at ${at}: ${JSON.stringify(deed)}`
      switch (what) {
        case 'ask': {
          const ask = near.ask(rest[0])
          assert.equal(ask.stamp, rest[1], told)
          asks.push(ask)
          break
        }
        case 'open': {
          const [number, id, askedAt, grant] = rest
          sessions.set(number, new SiloSession(near, 'silo', BigInt(id), askedAt, grant))
          break
        }
        case 'leave':
          sessions.get(rest[0]).leave()
          break
        case 'grant':
          sessions.get(rest[0]).answered({ ...terms, grant: rest[2] }, { stamp: near.ledger.stamp(), at: rest[1] })
          break
        case 'answer': {
          const [silo, number, id, key, tags, soft, age, fresh, isKept] = rest
          const madeAt = asks[number].at - age
          const answered = {
            value: Uint8Array.of(id >> 8, id & 0xff),
            contentType: '',
            tags,
            madeAt,
            freshUntil: fresh < 0 ? Number.POSITIVE_INFINITY : madeAt + fresh,
          }
          const kept = sessions.get(silo).answered({ ...terms, mayKeep: true }, asks[number], { key, answered, soft })
          assert.equal(kept, isKept, told)
          break
        }
        case 'push': {
          const [silo, tags, keys, clock] = rest
          let acknowledged = false
          const number = (pushes.get(silo) ?? 0) + 1
          pushes.set(silo, number)
          const session = sessions.get(silo)
          if (session === undefined) {
            near.apply(tags, keys)
          } else {
            session.pushed(number, tags, keys, (n) => {
              assert.equal(n, number, told)
              assert.equal(near.ledger.stamp(), clock, `acknowledged before it was applied: ${told}`)
              acknowledged = true
            })
            assert.ok(acknowledged, told)
          }
          assert.equal(near.ledger.stamp(), clock, told)
          break
        }
        case 'read': {
          const [key, soft, now, id] = rest
          const kept = near.find(key, soft, now)
          assert.equal(kept === undefined ? -1 : (kept.value[0] << 8) | kept.value[1], id, told)
          break
        }
        default:
          assert.fail(told)
      }
    }
  })
}

test('the traces serve, refuse and leave often enough', () => {
  const all = clients.flatMap((client) => client.deeds)
  assert.ok(all.filter(([what, , , , id]) => what === 'read' && id !== -1).length > 200)
  assert.ok(all.filter((deed) => deed[0] === 'answer' && deed.at(-1) === false).length > 40)
  assert.ok(all.filter(([what]) => what === 'leave').length > 20)
})

test('a push that is missing is not acknowledged', () => {
  const near = new NearCache(2 ** 30, new Ledger())
  const session = new SiloSession(near, 's', 1n, 0, 1_000)
  const acknowledged = []
  assert.ok(session.pushed(1, ['a'], [], (n) => acknowledged.push(n)))
  assert.ok(!session.pushed(3, ['a'], [], (n) => acknowledged.push(n)))
  assert.deepEqual(acknowledged, [1])
})

test('an answer that comes when its session was left is not kept', () => {
  const near = new NearCache(2 ** 30, new Ledger())
  const session = new SiloSession(near, 's', 1n, 0, 1_000)
  const ask = near.ask(0)
  session.leave()
  const answered = { value: new Uint8Array(1), contentType: '', tags: [], madeAt: 0, freshUntil: 1_000 }
  assert.ok(!session.answered({ grant: 1_000, mayKeep: true, isLost: false }, ask, { key: 'k', answered, soft: [] }))
  assert.ok(!near.keep('k', answered, [], { isOver: true }, ask))
})

test('what was forgotten of a tag counts when it has a record again', () => {
  const ledger = new Ledger(1)
  const stamp = ledger.stamp()
  ledger.expire(['a'])
  ledger.expire(['b'])
  ledger.expire(['c'])
  ledger.attach(['a'])
  assert.ok(!ledger.isLive(['a'], stamp))
  assert.ok(ledger.isLive(['a'], ledger.stamp()))
})
