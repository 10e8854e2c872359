import { until } from '../harness/waits.mjs'

/**
 * Steps on one instance, and what its reader gets: `x-nextjs-cache`, and the version shown. With `theirs` Next.js' own handler answers otherwise, and `why` says why.
 * `at` is an instance with a page of its own: `read` gives what a reader gets, `change` makes a new version at the source, `act` does steps in a server action.
 */
export const cases = [
  {
    name: 'made by the build, and read for the first time',
    kind: 'built',
    steps: (at) => at.read(),
    ours: 'MISS 1',
    theirs: 'HIT 1',
    why: 'which of its tags were updated since the build is not known; it is rendered once for all instances',
  },
  {
    name: 'read twice',
    steps: async (at) => {
      await at.read()
      at.change()
      return at.read()
    },
    ours: 'HIT 1',
  },
  {
    name: 'updateTag',
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['updateTag', at.tag])
      return at.read()
    },
    ours: 'MISS 2',
  },
  {
    name: 'updateTag of a page that the build made',
    kind: 'built',
    steps: async (at) => {
      at.change()
      await at.act(['updateTag', at.tag])
      return at.read()
    },
    ours: 'MISS 2',
  },
  {
    name: 'revalidateTag with {expire: 0}',
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['revalidateTag', at.tag, { expire: 0 }])
      return at.read()
    },
    ours: 'MISS 2',
  },
  {
    name: 'revalidatePath',
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['revalidatePath', at.path])
      return at.read()
    },
    ours: 'MISS 2',
  },
  {
    name: "revalidateTag with 'max'",
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['revalidateTag', at.tag, 'max'])
      return at.read()
    },
    ours: 'STALE 1',
  },
  {
    name: "revalidateTag with 'max', and refreshed",
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['revalidateTag', at.tag, 'max'])
      await until(async () => (await at.read()).endsWith(' 2'), 'the page is new')
      return at.read()
    },
    ours: 'HIT 2',
  },
  {
    name: "revalidateTag with 'max', and a second reader while it is refreshed",
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['revalidateTag', at.tag, 'max'])
      const hold = at.hold()
      await at.read()
      await hold.asked
      const second = await at.read()
      hold.release()
      return second
    },
    ours: 'STALE 1',
  },
  {
    name: "revalidateTag with 'max', then updateTag",
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['revalidateTag', at.tag, 'max'])
      await at.act(['updateTag', at.tag])
      return at.read()
    },
    ours: 'MISS 2',
  },
  {
    name: "updateTag, then revalidateTag with 'max'",
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['updateTag', at.tag])
      await at.act(['revalidateTag', at.tag, 'max'])
      return at.read()
    },
    ours: 'MISS 2',
    theirs: 'STALE 1',
    why: 'nothing revives what an update expired',
  },
  {
    name: 'an update while it is rendered for the first time',
    steps: async (at) => {
      const hold = at.hold()
      const first = at.read()
      await hold.asked
      at.change()
      await at.act(['updateTag', at.tag])
      hold.release()
      await first
      return at.read()
    },
    ours: 'MISS 2',
    theirs: 'HIT 1',
    why: 'what was begun before an update is not kept; theirs counts it as made when it is ready',
  },
  {
    name: 'not found, and read again',
    steps: async (at) => {
      at.change({ state: 'gone' })
      await at.read()
      at.change({ state: 'here' })
      return at.read()
    },
    ours: 'HIT 404',
  },
  {
    name: 'not found, then updateTag',
    steps: async (at) => {
      at.change({ state: 'gone' })
      await at.read()
      at.change({ state: 'here' })
      await at.act(['updateTag', at.tag])
      return at.read()
    },
    ours: 'MISS 3',
  },
  {
    name: 'a redirect, and read again',
    steps: async (at) => {
      at.change({ state: 'moved' })
      await at.read()
      at.change({ state: 'here' })
      return at.read()
    },
    ours: 'HIT 307',
  },
  {
    name: 'revalidate: 1, and read when it has passed',
    kind: 'timed',
    steps: async (at) => {
      await at.read()
      at.change()
      const seen = new Set()
      await until(async () => {
        const read = await at.read()
        seen.add(read)
        return read.endsWith(' 2')
      }, 'the page is new')
      return [...seen].filter((read) => read.startsWith('STALE')).join()
    },
    ours: 'STALE 1',
  },
  {
    name: 'unstable_cache, then updateTag',
    kind: 'unstable',
    steps: async (at) => {
      await at.read()
      at.change()
      await at.act(['updateTag', at.tag])
      return at.read()
    },
    ours: 'MISS 2',
  },
  {
    name: 'a route handler, then revalidatePath',
    kind: 'data',
    steps: async (at) => {
      await at.read()
      at.change()
      const before = await at.read()
      await at.act(['revalidatePath', at.path])
      return `${before}, ${await at.read()}`
    },
    ours: 'HIT 1, MISS 2',
  },
]
