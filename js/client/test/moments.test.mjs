import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Moments } from '../dist/esm/moments.js'

test('There is none before the first', () => {
  const moments = new Moments()
  assert.equal(moments.before(1), undefined)
  moments.add(2, 'a')
  assert.equal(moments.before(1.999), undefined)
  assert.equal(moments.before(2)?.value, 'a')
})

test('The newest is found at once, however close it is to others', () => {
  const moments = new Moments()
  for (let at = 0; at < 100; at++) {
    moments.add(at / 100, `${at}`)
  }
  assert.equal(moments.before(5)?.value, '99')
  assert.equal(moments.before(0.505)?.value, '50')
})

test('One that is found was received before the time, and is as near to it as is promised', () => {
  const moments = new Moments()
  let seed = 7
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed / 2_147_483_648
  }
  let at = 0
  const last = 600_000
  while (at < last) {
    moments.add(at, `${at}`)
    at += random() * 3
  }
  for (const [back, within] of [
    [100, 3],
    [1_000, 14],
    [5_000, 260],
    [30_000, 260],
    [100_000, 4_010],
    [500_000, 4_010],
  ]) {
    const time = last - back
    const found = moments.before(time)
    assert.ok(found !== undefined && found.at <= time && time - found.at <= within, `${back}: ${found?.at}`)
  }
  assert.equal(moments.before(0), undefined)
})
