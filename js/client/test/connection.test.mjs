import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { holdTime, isPending, turn } from '../../test/clock.mjs'
import { collect } from '../../test/collector.mjs'
import { is, starter } from './fixture.mjs'

const time = holdTime()

const { start } = starter({ timeout: 250 })
const never = () => new Promise(() => {})

/** Reads from a silo that does not answer, until the time-out is over. */
async function readInVain(client, silo) {
  const reading = client.read('k')
  await silo.called('GET', '/v1/entry', silo.count('GET', '/v1/entry') + 1)
  await time.pass(249)
  assert.ok(await isPending(reading))
  await time.pass(1)
  await assert.rejects(reading, is('timeout'))
}

test('One silo of the list is asked, until it fails; then the next', async () => {
  const { client, silos } = await start({}, ['a', 'b'])
  await client.read('k')
  await client.read('k')
  assert.deepEqual(
    silos.map((s) => s.calls.length),
    [2, 0],
  )
  await silos[0].stop()
  await client.read('k')
  await client.read('k')
  assert.deepEqual(
    silos.map((s) => s.calls.length),
    [2, 2],
  )
})

for (const [what, answer] of [
  [
    'is overloaded',
    (response) => response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"overloaded"}'),
  ],
  [
    'does not serve',
    (response) => response.writeHead(404, { 'cache-status': 'OrleansTagCache; fwd=bypass; detail=not-serving' }).end(),
  ],
  ['is behind a proxy that cannot reach it', (response) => response.writeHead(502).end()],
]) {
  test(`A silo that ${what} is left for the next`, async () => {
    const { client, silos } = await start({}, ['a', 'b'])
    silos[0].intercept = (_, response) => {
      answer(response)
      return true
    }
    assert.equal((await client.read('k')).status, 'miss')
    assert.deepEqual(
      silos.map((s) => s.calls.length),
      [1, 1],
    )
  })
}

test('A plain store is not sent again: an update may have come since', async () => {
  const { client, silos } = await start({}, ['a', 'b'])
  silos[0].intercept = async (call, response) => {
    if (call.method !== 'PUT') {
      return false
    }
    // It was stored, and updated, and the silo dies before it has answered.
    await client.updateTags(['t'])
    response.socket.destroy()
    return true
  }
  await assert.rejects(client.store('k', Buffer.from('old'), { tags: ['t'] }), { code: 'unreachable' })
  assert.equal((await client.read('k')).status, 'miss')
  silos[0].intercept = () => false
  assert.deepEqual(await client.store('k', Buffer.from('new'), { tags: ['t'] }), { stored: true })
})

test('A call that a silo refuses is not sent to another', async () => {
  const { client, silos } = await start({}, ['a', 'b'])
  for (const silo of silos) {
    silo.intercept = (_, response) => {
      response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"unauthorized"}')
      return true
    }
  }
  await assert.rejects(client.read('k'), is('unauthorized'))
  assert.deepEqual(
    silos.map((s) => s.calls.length),
    [1, 0],
  )
})

test('Reads give up on a frozen silo within the time-out, and after two of them at once', async () => {
  const { client, silos } = await start()
  silos[0].intercept = never
  await readInVain(client, silos[0])
  await readInVain(client, silos[0])
  await assert.rejects(client.read('k'), is('unreachable'))
  assert.equal(silos[0].calls.length, 2)
})

test('A silo that answers again is used again', async () => {
  const { client, silos } = await start()
  silos[0].intercept = never
  await readInVain(client, silos[0])
  await readInVain(client, silos[0])
  silos[0].intercept = () => false
  await time.pass(999)
  await assert.rejects(client.read('k'), is('unreachable'))
  await time.pass(1)
  await client.read('k')
  assert.equal((await Promise.all([client.read('a'), client.read('b')])).length, 2)
})

test('An update tries a silo that reads pass by', async () => {
  const { client, silos } = await start()
  silos[0].intercept = never
  await readInVain(client, silos[0])
  await readInVain(client, silos[0])
  silos[0].intercept = () => false
  await assert.rejects(client.read('k'), is('unreachable'))
  assert.equal((await client.updateTags(['t'])).tags, 1)
  await client.read('k')
})

test('An update that a frozen silo does not answer goes to the next in time', async () => {
  const { client, silos } = await start({ updateTimeout: 800 }, ['a', 'b'])
  silos[0].intercept = never
  const updating = client.updateTags(['t'])
  await silos[0].called('POST', '/v1/tags/update')
  await time.pass(400)
  assert.equal((await updating).tags, 1)
  assert.deepEqual(
    silos.map((s) => s.calls.length),
    [1, 1],
  )
  silos[1].intercept = never
  const inVain = client.updateTags(['t'])
  await silos[1].called('POST', '/v1/tags/update', 2)
  await time.pass(400)
  await silos[0].called('POST', '/v1/tags/update', 2)
  await time.pass(399)
  assert.ok(await isPending(inVain))
  await time.pass(1)
  await assert.rejects(inVain, is('timeout'))
})

test('An update that one silo could not complete is tried at the next, and reads stay where they are', async () => {
  const { client, silos } = await start({ breakerFailures: 1 }, ['a', 'b'])
  silos[0].intercept = (call, response) => {
    if (call.method === 'POST') {
      response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"update_incomplete"}')
    }
    return call.method === 'POST'
  }
  assert.equal((await client.updateTags(['t'])).tags, 1)
  await client.read('k')
  assert.deepEqual(
    silos.map((s) => s.calls.length),
    [2, 1],
  )
})

test('An answer that came while this process was held up is taken, though its time is over', async () => {
  const { client, silos } = await start({ timeout: 100 })
  await client.read('warm')
  const answered = new Promise((resolve) => {
    silos[0].intercept = async (_, response) => {
      await turn()
      response
        .writeHead(404, { 'cache-status': 'OrleansTagCache; fwd=miss', 'tag-cache-as-of': 'm' })
        .end('{"code":"not_found"}', resolve)
      return true
    }
  })
  const read = client.read('k')
  await answered
  time.holdUp(300)
  assert.equal((await read).status, 'miss')
})

test('Reads that wait keep no others from a connection, and say nothing of the silo when they wait in vain', async () => {
  const { client, cluster, silos } = await start({ connections: 2 })
  const keys = ['a', 'b', 'c', 'd']
  await Promise.all(keys.map((k) => client.read(k)))
  const waiting = Promise.allSettled(keys.map((k) => client.read(k, { wait: 600 })))
  const waits = () => silos[0].calls.filter((c) => c.query.get('wait') === '0.6').length
  await cluster.until(() => waits() === 2)
  assert.equal((await client.read('e')).status, 'miss')
  await time.pass(600)
  await cluster.until(() => waits() === 4)
  await time.pass(250)
  const outcomes = await waiting
  assert.deepEqual(
    outcomes.map((o) => o.reason?.code),
    [undefined, undefined, 'timeout', 'timeout'],
  )
  assert.equal((await client.read('f')).status, 'miss')
})

test('A client that was closed sends nothing more', async () => {
  const { client, silos } = await start()
  await client.read('k')
  await client.close()
  await assert.rejects(client.read('k'), is('closed'))
  assert.equal(silos[0].calls.length, 1)
})

test('Connections keep nothing of the request in whose course they were opened', async () => {
  const { client } = await start()
  const storage = new AsyncLocalStorage()
  const seen = []
  for (let i = 0; i < 3; i++) {
    await (async () => {
      const request = { large: new Uint8Array(100_000) }
      seen.push(new WeakRef(request))
      await storage.run(request, async () => {
        const { token } = await client.read(`k${i}`)
        await client.store(`k${i}`, Buffer.from('v'), { token })
        await client.updateTags(['a'])
      })
    })()
  }
  await collect()
  assert.deepEqual(
    seen.map((r) => r.deref()),
    [undefined, undefined, undefined],
  )
})

test('A certificate of an own authority is believed by NODE_EXTRA_CA_CERTS, and not without', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otc-'))
  try {
    const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout']
    const own = ['-out', 'ca.pem', '-subj', '/CN=Own authority', '-days', '2']
    const silo = ['-out', 'silo.csr', '-subj', '/CN=silo', '-addext', 'subjectAltName=IP:127.0.0.1']
    const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-copy_extensions', 'copy', '-out', 'silo.pem', '-days', '2']
    openssl('req', '-x509', ...newKey, 'ca.key', ...own)
    openssl('req', ...newKey, 'silo.key', ...silo)
    openssl('x509', '-req', '-in', 'silo.csr', ...sign)
    const server = createServer(
      { key: readFileSync(join(folder, 'silo.key')), cert: readFileSync(join(folder, 'silo.pem')) },
      (_, response) => {
        response.writeHead(404, { 'cache-status': 'OrleansTagCache; fwd=miss', 'tag-cache-as-of': 'm' }).end()
      },
    )
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const script = `import { TagCacheClient } from '@orleans-tag-cache/client'
        const client = new TagCacheClient({ timeout: 60_000 })
        console.log((await client.read('k').catch((e) => e)).status ?? 'refused')
        await client.close()`
      const run = async (extra) =>
        (
          await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
            cwd: new URL('.', import.meta.url),
            env: { ...process.env, OTC_URL: `https://127.0.0.1:${server.address().port}`, NODE_EXTRA_CA_CERTS: extra },
          })
        ).stdout.trim()
      assert.equal(await run(join(folder, 'ca.pem')), 'miss')
      assert.equal(await run(''), 'refused')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
