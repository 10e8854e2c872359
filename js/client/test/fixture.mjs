import { afterEach } from 'node:test'
import { NearTagCacheClient, TagCacheClient, TagCacheError } from '@orleans-tag-cache/client'
import { FakeCluster, FakeSilo } from '../../test/fake-silo.mjs'
import { FakeSession } from './near/fake-session.mjs'

/** Whether an error is a client's own, with that code and words. */
export function is(code, words) {
  return (error) =>
    error instanceof TagCacheError && error.code === code && (words === undefined || words.test(error.message))
}

/** What starts clients, and silos for them, in the tests of a file: they end with the test. */
export function starter(defaults = {}) {
  const silos = []
  const sessions = []
  afterEach(async () => {
    // The silos first: what is under way with them ends, and no client waits for it.
    await Promise.all([...silos.splice(0), ...sessions.map(({ silo }) => silo)].map((silo) => silo.stop()))
    await Promise.all(sessions.splice(0).map(({ client }) => client.close()))
  })

  return {
    /** A client, and a cluster of silos with those names. */
    async start(options = {}, names = ['a']) {
      const cluster = new FakeCluster()
      const started = []
      for (const name of names) {
        started.push(await new FakeSilo(cluster, name).start())
      }
      silos.push(...started)
      const url = started.map((silo) => `${silo.url}/`).join(' , ')
      return {
        client: new TagCacheClient({ url, ...defaults, ...options }),
        cluster,
        silos: started,
        silo: started[0],
      }
    },

    /** A client that keeps values near, and a silo that has welcomed it. */
    async startNear(options = {}) {
      const silo = await FakeSession.start()
      const client = new NearTagCacheClient({ url: silo.url, ...defaults, ...options })
      sessions.push({ client, silo })
      await silo.next(1)
      await silo.heard()
      return { client, silo }
    },
  }
}
