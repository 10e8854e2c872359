import { streamOf } from '../fixture.mjs'
import { max } from './oracle.mjs'

/** Steps, and what a reader gets. With `theirs` the two differ, and `why` says why. */
export const cases = [
  {
    name: 'nothing happens',
    steps: async (a) => {
      await a.fill('k', '1')
      return a.read('k')
    },
    ours: 'fresh 1',
  },
  {
    name: 'never set',
    steps: (a) => a.read('k'),
    ours: 'miss',
  },
  {
    name: 'updateTag',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('t')
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'updateTag of another tag',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('u')
      return a.read('k')
    },
    ours: 'fresh 1',
  },
  {
    name: 'tags are case-sensitive',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('T')
      return a.read('k')
    },
    ours: 'fresh 1',
  },
  {
    name: 'updateTag, and made anew',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('t')
      await a.pass(1)
      await a.fill('k', '2')
      return a.read('k')
    },
    ours: 'fresh 2',
  },
  {
    name: "revalidateTag with 'max'",
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t')
      return a.read('k')
    },
    ours: 'stale 1',
  },
  {
    name: "revalidateTag with 'max', and refreshed",
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t')
      await a.read('k')
      await a.pass(0.5)
      await a.set('k', '2')
      return a.read('k')
    },
    ours: 'fresh 2',
  },
  {
    name: "revalidateTag with 'max', then updateTag",
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t')
      await a.pass(1)
      await a.update('t')
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: "updateTag, then revalidateTag with 'max'",
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('t')
      await a.pass(1)
      await a.revalidate('t')
      return a.read('k')
    },
    ours: 'miss',
    theirs: 'stale 1',
    why: 'nothing revives what an update expired',
  },
  {
    name: 'revalidateTag with {expire: 0}',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t', 0)
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'revalidateTag with {}',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.handler.updateTags(['t'], {})
      return a.read('k')
    },
    ours: 'stale 1',
  },
  {
    name: 'revalidateTag with {expire: 1}, at once',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t', 1)
      return a.read('k')
    },
    ours: 'stale 1',
  },
  {
    name: 'revalidateTag with {expire: 1}, after 1.3 s',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t', 1)
      await a.pass(1.3)
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'revalidateTag with {expire: 1}, after 0.8 s again, 0.8 s',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t', 1)
      await a.pass(0.8)
      await a.revalidate('t', 1)
      await a.pass(0.8)
      return a.read('k')
    },
    ours: 'miss',
    theirs: 'stale 1',
    why: 'the earliest deadline stands; theirs is pushed on by each revalidation',
  },
  {
    name: "revalidateTag with {expire: 1}, then with 'max', 1.3 s",
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t', 1)
      await a.revalidate('t')
      await a.pass(1.3)
      return a.read('k')
    },
    ours: 'miss',
    theirs: 'stale 1',
    why: 'the earliest deadline stands',
  },
  {
    name: 'revalidateTag with {expire: -5}',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('t', -5)
      return a.read('k')
    },
    ours: 'miss',
    theirs: 'stale 1',
    why: 'a time that is over is over for every older value; theirs keeps those that were made within it',
  },
  {
    name: 'of two tags one is updated',
    steps: async (a) => {
      await a.fill('k', '1', { tags: ['t', 'u'] })
      await a.pass(1)
      await a.update('u')
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: "one tag revalidated with 'max', the other updated",
    steps: async (a) => {
      await a.fill('k', '1', { tags: ['t', 'u'] })
      await a.pass(1)
      await a.revalidate('t')
      await a.update('u')
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'no tags at all',
    steps: async (a) => {
      await a.fill('k', '1', { tags: [] })
      await a.pass(1)
      await a.update('t')
      return a.read('k')
    },
    ours: 'fresh 1',
  },
  {
    name: 'revalidate: 1, after 1.2 s',
    steps: async (a) => {
      await a.fill('k', '1', { revalidate: 1, expire: 60 })
      await a.pass(1.2)
      return a.read('k')
    },
    ours: 'stale 1',
    theirs: 'miss',
    why: 'what is stale is served while it is refreshed, as handlers are asked to do; theirs is for memory alone',
  },
  {
    name: 'expire: 1, after 1.3 s',
    steps: async (a) => {
      await a.fill('k', '1', { revalidate: 1, expire: 1 })
      await a.pass(1.3)
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'expire: 0',
    steps: async (a) => {
      await a.fill('k', '1', { revalidate: 0, expire: 0 })
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'revalidate: 0',
    steps: async (a) => {
      await a.fill('k', '1', { revalidate: 0, expire: 60 })
      await a.pass(0.05)
      return a.read('k')
    },
    ours: 'stale 1',
    theirs: 'miss',
    why: 'as revalidate: 1',
  },
  {
    name: 'a stream that fails',
    steps: async (a) => {
      await a.fill('k', '1', { value: streamOf('part', new Error('no')) })
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'two readers, two streams',
    steps: async (a) => {
      await a.fill('k', '1')
      return (await Promise.all([a.read('k'), a.read('k')])).join()
    },
    ours: 'fresh 1,fresh 1',
  },
  {
    name: 'a value of several chunks',
    steps: async (a) => {
      await a.fill('k', '', { value: streamOf('a', 'b', 'é') })
      return a.read('k')
    },
    ours: 'fresh abé',
  },
  {
    name: 'an update while the value is made',
    steps: async (a) => {
      await a.read('k')
      const begun = a.entry('1', ['t'], max)
      await a.pass(0.5)
      await a.update('t')
      await a.pass(0.5)
      await a.handler.set('k', Promise.resolve(begun))
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: "a revalidation with 'max' while the value is made",
    steps: async (a) => {
      await a.read('k')
      const begun = a.entry('1', ['t'], max)
      await a.pass(0.5)
      await a.revalidate('t')
      await a.pass(0.5)
      await a.handler.set('k', Promise.resolve(begun))
      return a.read('k')
    },
    ours: 'stale 1',
  },
  {
    name: 'a get while its set is pending',
    steps: async (a) => {
      await a.read('k')
      const setting = a.set('k', '1')
      const found = await a.read('k')
      await setting
      return found
    },
    ours: 'fresh 1',
  },
  {
    name: 'an older set after a newer one',
    steps: async (a) => {
      await a.read('k')
      const older = a.entry('older', ['t'], max)
      await a.pass(0.5)
      await a.read('k')
      await a.pass(0.01)
      await a.set('k', 'newer')
      await a.update('u')
      await a.handler.set('k', Promise.resolve(older))
      return a.read('k')
    },
    ours: 'fresh newer',
    theirs: 'fresh older',
    why: 'a slow function does not replace what was made after it began',
  },
  {
    name: 'a set without a get before it',
    steps: async (a) => {
      await a.set('k', '1')
      return a.read('k')
    },
    ours: 'fresh 1',
  },
  {
    name: 'a set over a fresh entry',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.read('k')
      await a.pass(0.5)
      await a.set('k', '2')
      return a.read('k')
    },
    ours: 'fresh 2',
  },
  {
    name: 'a soft tag is updated',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('_N_T_/page')
      return a.read('k')
    },
    ours: 'miss',
  },
  {
    name: 'a soft tag is updated that another route has',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('_N_T_/other')
      return a.read('k')
    },
    ours: 'fresh 1',
  },
  {
    name: 'another route reads',
    steps: async (a) => {
      await a.fill('k', '1')
      return a.read('k', ['_N_T_/layout', '_N_T_/other'])
    },
    ours: 'fresh 1',
  },
  {
    name: "a soft tag is revalidated with 'max'",
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.revalidate('_N_T_/page')
      return a.read('k')
    },
    ours: 'stale 1',
    theirs: 'miss',
    why: 'stale is stale, for soft tags as for others; theirs takes the future deadline for an update',
  },
  {
    name: 'a soft tag is updated, and the value made anew',
    steps: async (a) => {
      await a.fill('k', '1')
      await a.pass(1)
      await a.update('_N_T_/page')
      await a.pass(1)
      await a.fill('k', '2')
      return a.read('k')
    },
    ours: 'fresh 2',
  },
  {
    name: 'every tag that Next.js lets through',
    steps: async (a) => {
      const found = []
      for (const tag of ['*', '', 'a,b', 'hé', 'é'.repeat(256), 'x'.repeat(2_000), '\ud800', 'a\nb']) {
        await a.fill(`k${found.length}`, '1', { tags: [tag] })
        found.push(await a.read(`k${found.length}`))
        await a.pass(0.5)
        await a.update(tag)
        found.push(await a.read(`k${found.length - 1}`))
      }
      return [...new Set(found)].join()
    },
    ours: 'fresh 1,miss',
  },
  {
    name: '1,024 tags, the last of which is updated',
    steps: async (a) => {
      const tags = Array.from({ length: 1_024 }, (_, i) => `t${i}`)
      await a.fill('k', '1', { tags })
      const before = await a.read('k')
      await a.pass(0.5)
      await a.update('t1023')
      return `${before},${await a.read('k')}`
    },
    ours: 'fresh 1,miss',
  },
  {
    name: '1,025 tags',
    steps: async (a) => {
      await a.fill('k', '1', { tags: Array.from({ length: 1_025 }, (_, i) => `t${i}`) })
      return a.read('k')
    },
    ours: 'miss',
    theirs: 'fresh 1',
    why: 'an entry has at most 1,024 tags; with more it is not stored',
  },
]
