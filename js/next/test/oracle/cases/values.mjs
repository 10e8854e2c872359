import { streamOf } from '../../fixture.mjs'
import { max } from '../oracle.mjs'

/** Its age, its value, and who stores it when. */
export const values = [
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
]
