// The same steps on Next.js' own handler and on this one. Each reader is one of Next.js': what its wrapper of 'use cache' does with an entry is done here too.
import { createRequire } from 'node:module'
import { createCacheHandler } from '@orleans-tag-cache/next'
import { holdTime, realTime } from '../../../test/clock.mjs'
import { FakeCluster, FakeSilo } from '../../../test/fake-silo.mjs'
import { clock, entry, text, untilStored } from '../fixture.mjs'

const require = createRequire(import.meta.url)
const url = process.env.OTC_ORACLE_URL
// A silo in this process is on the test's clock; a real one is not.
const time = url === undefined ? holdTime() : undefined
const pass = (seconds) => (time === undefined ? realTime(seconds * 1_000) : time.pass(seconds * 1_000))

/** One application: a handler, and what Next.js does around it. */
class Application {
  constructor(handler) {
    this.handler = handler
  }

  pass = pass

  // Theirs counts in whole milliseconds: right after an update its own record may lie in the future.
  update = async (tag) => {
    await this.handler.updateTags([tag])
    await this.pass(0.002)
  }

  revalidate = async (tag, expire = 31_536_000) => {
    await this.handler.updateTags([tag], { expire })
    await this.pass(0.002)
  }

  set = async (key, value, rest = {}) =>
    this.handler.set(key, Promise.resolve(entry(value, ['t'], { ...max, ...rest })))

  /** get, and set of a new value if there was none. */
  fill = async (key, value, rest = {}) => {
    await this.handler.get(key, rest.soft ?? soft)
    const { soft: _, ...kept } = rest
    await this.set(key, value, kept)
  }

  /** What a reader with these soft tags gets: fresh, stale or a miss, and the value. */
  read = async (key, tags = soft) => {
    const found = await this.handler.get(key, tags)
    if (found === undefined) {
      return 'miss'
    }
    const value = await text(found)
    const expiration = await this.handler.getExpiration(tags)
    if (found.timestamp <= (expiration === Number.POSITIVE_INFINITY ? 0 : expiration)) {
      return 'miss'
    }
    const now = clock()
    if (now > found.timestamp + found.expire * 1_000) {
      return 'miss'
    }
    return `${now > found.timestamp + found.revalidate * 1_000 ? 'stale' : 'fresh'} ${value}`
  }

  entry = entry
}

export const soft = ['_N_T_/layout', '_N_T_/page']

/** The profile max of Next.js. */
export const max = { stale: 300, revalidate: 2_592_000, expire: 31_536_000 }

/** The steps of a reader of what was made a second before something was done. */
export function filled(deed) {
  return async (a) => {
    await a.fill('k', '1')
    await a.pass(1)
    await deed(a)
    return a.read('k')
  }
}

let keys = 0

/** Runs steps on both; the keys and tags are new ones in each. Yields what each answered. */
export async function both(steps) {
  const answers = {}
  for (const which of ['theirs', 'ours']) {
    const silo = url === undefined ? await new FakeSilo(new FakeCluster()).start() : undefined
    const handler =
      which === 'ours'
        ? untilStored(createCacheHandler({ url: url ?? silo.url, wait: 0, lease: 1 }))
        : require('next/dist/server/lib/cache-handlers/default').createDefaultCacheHandler(50 * 1024 * 1024)
    const unique = isolate(handler, `${process.pid}-${++keys}`)
    try {
      const application = new Application(unique)
      // A process that has asked for something knows a moment of the silo.
      await application.read('first')
      await application.pass(0.01)
      answers[which] = await steps(application)
    } finally {
      await silo?.stop()
    }
  }
  return answers
}

/** Keys and tags of one run, so that neither a real silo nor Next.js' own table of tags, which is the process's, knows them yet. */
function isolate(handler, name) {
  const tagsOf = (tags) => tags.map((t) => `${name}:${t}`)
  return {
    get: (key, tags) => handler.get(`${name}:${key}`, tagsOf(tags)),
    set: (key, pending) =>
      handler.set(
        `${name}:${key}`,
        pending.then((e) => ({ ...e, tags: tagsOf(e.tags) })),
      ),
    getExpiration: (tags) => handler.getExpiration(tagsOf(tags)),
    updateTags: (tags, ...durations) => handler.updateTags(tagsOf(tags), ...durations),
  }
}
