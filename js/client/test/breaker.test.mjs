import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker } from '../dist/esm/breaker.js'

test('It opens after as many failures in a row as the threshold', () => {
  const breaker = new Breaker(2, 1_000, 10_000)
  breaker.failed(0)
  breaker.succeeded()
  breaker.failed(1)
  assert.equal(breaker.tryEnter(1), true)
  breaker.failed(2)
  assert.equal(breaker.tryEnter(1_001), false)
})

test('After the pause one call goes through, and the others do not', () => {
  const breaker = new Breaker(1, 1_000, 10_000)
  breaker.failed(0)
  assert.equal(breaker.tryEnter(999), false)
  assert.equal(breaker.tryEnter(1_000), true)
  assert.equal(breaker.tryEnter(1_000), false)
  breaker.succeeded()
  assert.equal(breaker.tryEnter(1_001), true)
  assert.equal(breaker.tryEnter(1_001), true)
})

test('The pause doubles with each probe that fails, up to the longest, and is short again after a success', () => {
  const breaker = new Breaker(1, 1_000, 10_000)
  const pauses = []
  let at = 0
  breaker.failed(at)
  for (let i = 0; i < 6; i++) {
    const from = at
    while (!breaker.tryEnter(at)) {
      at += 500
    }
    pauses.push(at - from)
    breaker.failed(at)
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  breaker.succeeded()
  breaker.failed(at)
  assert.equal(breaker.tryEnter(at + 1_000), true)
})

test('Calls that were under way when it opened do not prolong the pause', () => {
  const breaker = new Breaker(1, 1_000, 10_000)
  for (let i = 0; i < 50; i++) {
    breaker.failed(i)
  }
  assert.equal(breaker.tryEnter(1_000), true)
})

test('A call that was let through and tells nothing leaves the way to the next', () => {
  const breaker = new Breaker(1, 1_000, 10_000)
  breaker.failed(0)
  assert.equal(breaker.tryEnter(1_000), true)
  breaker.learnedNothing()
  assert.equal(breaker.tryEnter(1_000), true)
})
