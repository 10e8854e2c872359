import { afterEach } from 'node:test'
import { createCacheHandler, createLegacyHandler } from '@orleans-tag-cache/next'
import { FakeCluster, FakeSilo } from '../../test/fake-silo.mjs'

export const soft = ['_N_T_/layout', '_N_T_/page']

/** What starts instances in the tests of a file: each has handlers and a silo of its own, which ends with the test. */
export function starter() {
  const open = []
  afterEach(async () => {
    for (const each of open.splice(0)) {
      await each.stop()
    }
  })
  return async (options, cluster) => {
    const started = await start(options, cluster)
    open.push(started)
    return started
  }
}

async function start(options = {}, cluster = new FakeCluster()) {
  const silo = await new FakeSilo(cluster).start()
  const warnings = []
  const all = { url: silo.url, wait: 0, onWarning: (message) => warnings.push(message), ...options }
  return {
    silo,
    cluster,
    warnings,
    options: all,
    handler: untilStored(createCacheHandler(all)),
    Legacy: createLegacyHandler(all),
    stop: () => silo.stop(),
  }
}

/** A handler whose `set` returns when the value is stored: Next.js need not wait for that, and tests want to know. */
export function untilStored(handler) {
  return {
    ...handler,
    async set(...args) {
      await handler.set(...args)
      await handler.idle()
    },
  }
}

export function clock() {
  return performance.timeOrigin + performance.now()
}

/** An entry as Next.js makes one, of a function that began now. */
export function entry(text, tags = [], rest = {}) {
  return { value: streamOf(text), tags, stale: 300, revalidate: 900, expire: 86_400, timestamp: clock(), ...rest }
}

export function streamOf(...chunks) {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) {
        if (chunk instanceof Error) {
          controller.error(chunk)
          return
        }
        controller.enqueue(Buffer.from(chunk))
      }
      controller.close()
    },
  })
}

export async function text(found) {
  return found === undefined ? undefined : new Response(found.value).text()
}
