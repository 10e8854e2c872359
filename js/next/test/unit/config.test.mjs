import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { withOrleansTagCache } from '@orleans-tag-cache/next'

const require = createRequire(import.meta.url)
const files = {
  default: require.resolve('@orleans-tag-cache/next/default'),
  remote: require.resolve('@orleans-tag-cache/next/remote'),
  legacy: require.resolve('@orleans-tag-cache/next/legacy'),
}

test('The handlers are set, the same from both kinds of modules, and their files are there', () => {
  for (const wrap of [withOrleansTagCache, require('@orleans-tag-cache/next').withOrleansTagCache]) {
    const config = wrap({ cacheComponents: true })
    assert.deepEqual(config, {
      cacheComponents: true,
      cacheHandlers: { default: files.default, remote: files.remote },
      cacheHandler: files.legacy,
      cacheMaxMemorySize: 0,
    })
    assert.ok(Object.values(files).every((f) => existsSync(f)))
    assert.deepEqual(wrap(config), config)
    assert.equal(wrap().cacheHandler, files.legacy)
  }
})

test("The user's own keys stay", () => {
  const own = { reactStrictMode: true, cacheHandlers: { sessions: '/s.js' }, images: { formats: ['image/webp'] } }
  const config = withOrleansTagCache(own, { images: true })
  assert.deepEqual(config.cacheHandlers, { sessions: '/s.js', default: files.default, remote: files.remote })
  assert.deepEqual(config.images, { formats: ['image/webp'], customCacheHandler: true })
  assert.equal(config.reactStrictMode, true)
  assert.deepEqual(own.cacheHandlers, { sessions: '/s.js' })
  assert.equal('images' in withOrleansTagCache({}), false)
})

test('A function, also one that promises, is wrapped', async () => {
  const config = withOrleansTagCache(async (phase, { defaultConfig }) => ({ phase, ...defaultConfig }))
  const made = await config('p', { defaultConfig: { a: 1 } })
  assert.equal(made.phase, 'p')
  assert.equal(made.a, 1)
  assert.equal(made.cacheHandler, files.legacy)
})

test('Without the legacy handler nothing of it is set', () => {
  const config = withOrleansTagCache({ cacheHandler: '/own.js', cacheMaxMemorySize: 5 }, { legacy: false })
  assert.equal(config.cacheHandler, '/own.js')
  assert.equal(config.cacheMaxMemorySize, 5)
})

test('Two handlers for one place are an error that names it', () => {
  assert.throws(() => withOrleansTagCache({ cacheHandlers: { default: '/d.js' } }), /cacheHandlers\.default.*\/d\.js/)
  assert.throws(() => withOrleansTagCache({ cacheHandlers: { remote: '/r.js' } }), /cacheHandlers\.remote/)
  assert.throws(() => withOrleansTagCache({ cacheHandler: '/l.js' }), /cacheHandler, and.*\/l\.js/)
  assert.throws(() => withOrleansTagCache({ cacheMaxMemorySize: 1 }), /cacheMaxMemorySize/)
  assert.throws(() => withOrleansTagCache({}, { images: true, legacy: false }), /images/)
})

test('default and remote are one object in a process, from both kinds of modules, as Next.js loads them', async () => {
  const load = async (file) => {
    const loaded = await import(file)
    const once = loaded.default || loaded
    return once.default || once
  }
  const handlers = new Set([
    await load(files.default),
    await load(files.remote),
    (await import('@orleans-tag-cache/next/default')).default,
    (await import('@orleans-tag-cache/next/remote')).default,
  ])
  assert.equal(handlers.size, 1)
  const [handler] = handlers
  assert.deepEqual(Object.keys(handler).sort(), ['get', 'getExpiration', 'idle', 'refreshTags', 'set', 'updateTags'])
  const Legacy = await load(files.legacy)
  assert.equal(typeof new Legacy({}).get, 'function')
})

test('To load a handler opens nothing and needs no address', () => {
  const script = `for (const f of ${JSON.stringify(Object.values(files))}) require(f)`
  execFileSync(process.execPath, ['-e', script], { env: { PATH: process.env.PATH }, timeout: 20_000 })
})
