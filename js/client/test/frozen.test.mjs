// Several silos that do not answer: nobody finds that out one after the other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdTime } from '../../test/clock.mjs'
import { is, starter } from './fixture.mjs'

const time = holdTime()

const { start, startNear } = starter({ timeout: 250 })
const never = () => new Promise(() => {})
const calls = (silos) => silos.reduce((sum, silo) => sum + silo.calls.length, 0)

async function readInVain({ client, cluster, silos }) {
  const before = calls(silos)
  const reading = assert.rejects(client.read('k'), is('timeout'))
  await cluster.until(() => calls(silos) > before)
  await time.pass(250)
  await reading
}

test('Of five silos that do not answer, two are asked; then a read goes on at once, and one a while tries', async () => {
  const it = await start({}, ['a', 'b', 'c', 'd', 'e'])
  for (const silo of it.silos) {
    silo.intercept = never
  }
  await readInVain(it)
  await readInVain(it)
  for (let i = 0; i < 10; i++) {
    await assert.rejects(it.client.read('k'), is('unreachable'))
  }
  assert.equal(calls(it.silos), 2)
  await time.pass(1_000)
  await readInVain(it)
  await assert.rejects(it.client.read('k'), is('unreachable'))
  assert.equal(calls(it.silos), 3)
  // The pause has doubled.
  await time.pass(1_999)
  await assert.rejects(it.client.read('k'), is('unreachable'))
  it.silos[3].intercept = () => false
  await time.pass(1)
  assert.equal((await it.client.read('k')).status, 'miss')
})

test('Of three silos two that do not answer are found out, and the third serves', async () => {
  const it = await start({}, ['a', 'b', 'c'])
  it.silos[0].intercept = never
  it.silos[1].intercept = never
  await readInVain(it)
  await readInVain(it)
  await time.pass(1_000)
  for (let i = 0; i < 5; i++) {
    assert.notEqual((await it.client.read(`k${i}`)).token, undefined)
  }
})

test('One silo in two that does not answer costs one time-out', async () => {
  const it = await start({}, ['a', 'b'])
  it.silos[0].intercept = never
  await readInVain(it)
  for (let i = 0; i < 5; i++) {
    assert.notEqual((await it.client.read(`k${i}`)).token, undefined)
  }
})

test('Over sessions too: what two reads have waited for in vain, over a session or not, the third does not', async () => {
  const { client, silo } = await startNear()
  for (let i = 0; i < 2; i++) {
    const reading = assert.rejects(client.read('k'), is('timeout'))
    await silo.next(2)
    await time.pass(250)
    await reading
  }
  await assert.rejects(client.read('k'), is('unreachable'))
  assert.equal(silo.calls.length, 0)
})
