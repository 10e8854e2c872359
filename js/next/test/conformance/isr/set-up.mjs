import { setUp } from '../harness/world.mjs'

setUp('isr', async ({ a, b }, name) => {
  await a.read('fetched', name)
  await b.read('fetched', name)
})
