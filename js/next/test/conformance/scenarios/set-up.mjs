import { setUp } from '../harness/world.mjs'

setUp('app', async ({ a, b }, name) => {
  await a.read('item', name, {})
  await b.show('item', name)
})
