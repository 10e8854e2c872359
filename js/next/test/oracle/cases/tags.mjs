import { filled } from '../oracle.mjs'

/** Tags of the reader, and the limits of tags. */
export const tags = [
  {
    name: 'a soft tag is updated',
    steps: filled((a) => a.update('_N_T_/page')),
    ours: 'miss',
  },
  {
    name: 'a soft tag is updated that another route has',
    steps: filled((a) => a.update('_N_T_/other')),
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
    steps: filled((a) => a.revalidate('_N_T_/page')),
    ours: 'stale 1',
    theirs: 'miss',
    why: 'stale is stale, for soft tags as for others; theirs takes the future deadline for an update',
  },
  {
    name: 'a soft tag is updated, and the value made anew',
    steps: filled(async (a) => {
      await a.update('_N_T_/page')
      await a.pass(1)
      await a.fill('k', '2')
    }),
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
