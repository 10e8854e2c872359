import { filled } from '../oracle.mjs'

/** What becomes of an entry when its tags are updated and revalidated. */
export const updates = [
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
    steps: filled((a) => a.update('t')),
    ours: 'miss',
  },
  {
    name: 'updateTag of another tag',
    steps: filled((a) => a.update('u')),
    ours: 'fresh 1',
  },
  {
    name: 'tags are case-sensitive',
    steps: filled((a) => a.update('T')),
    ours: 'fresh 1',
  },
  {
    name: 'updateTag, and made anew',
    steps: filled(async (a) => {
      await a.update('t')
      await a.pass(1)
      await a.fill('k', '2')
    }),
    ours: 'fresh 2',
  },
  {
    name: "revalidateTag with 'max'",
    steps: filled((a) => a.revalidate('t')),
    ours: 'stale 1',
  },
  {
    name: "revalidateTag with 'max', and refreshed",
    steps: filled(async (a) => {
      await a.revalidate('t')
      await a.read('k')
      await a.pass(0.5)
      await a.set('k', '2')
    }),
    ours: 'fresh 2',
  },
  {
    name: "revalidateTag with 'max', then updateTag",
    steps: filled(async (a) => {
      await a.revalidate('t')
      await a.pass(1)
      await a.update('t')
    }),
    ours: 'miss',
  },
  {
    name: "updateTag, then revalidateTag with 'max'",
    steps: filled(async (a) => {
      await a.update('t')
      await a.pass(1)
      await a.revalidate('t')
    }),
    ours: 'miss',
    theirs: 'stale 1',
    why: 'nothing revives what an update expired',
  },
  {
    name: 'revalidateTag with {expire: 0}',
    steps: filled((a) => a.revalidate('t', 0)),
    ours: 'miss',
  },
  {
    name: 'revalidateTag with {}',
    steps: filled((a) => a.handler.updateTags(['t'], {})),
    ours: 'stale 1',
  },
  {
    name: 'revalidateTag with {expire: 1}, at once',
    steps: filled((a) => a.revalidate('t', 1)),
    ours: 'stale 1',
  },
  {
    name: 'revalidateTag with {expire: 1}, after 1.3 s',
    steps: filled(async (a) => {
      await a.revalidate('t', 1)
      await a.pass(1.3)
    }),
    ours: 'miss',
  },
  {
    name: 'revalidateTag with {expire: 1}, after 0.8 s again, 0.8 s',
    steps: filled(async (a) => {
      await a.revalidate('t', 1)
      await a.pass(0.8)
      await a.revalidate('t', 1)
      await a.pass(0.8)
    }),
    ours: 'miss',
    theirs: 'stale 1',
    why: 'the earliest deadline stands; theirs is pushed on by each revalidation',
  },
  {
    name: "revalidateTag with {expire: 1}, then with 'max', 1.3 s",
    steps: filled(async (a) => {
      await a.revalidate('t', 1)
      await a.revalidate('t')
      await a.pass(1.3)
    }),
    ours: 'miss',
    theirs: 'stale 1',
    why: 'the earliest deadline stands',
  },
  {
    name: 'revalidateTag with {expire: -5}',
    steps: filled((a) => a.revalidate('t', -5)),
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
]
