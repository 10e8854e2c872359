import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { start } from './world.mjs'

let world
let page

before(async () => {
  world = await start()
  page = world.page
})

after(() => world?.close())

test('what one instance has made, the other one sends', async () => {
  const [one, other] = world.instances
  for (const path of ['/', '/product/2', '/delivery', '/delivery/FR']) {
    assert.deepEqual(await badge(one + path), { state: 'Made for this request', maker: world.ports[0], sender: world.ports[0] }, path)
    assert.deepEqual(await badge(other + path), { state: 'From the cache', maker: world.ports[0], sender: world.ports[1] }, path)
  }
})

test('a price that is changed in Next.js is new in both shops', async () => {
  await allShow('34.50')
  await change(`${world.instances[0]}/product/1`, '#change', 1999)
  assert.equal(await page.textContent('#price'), '19.99')
  await allShow('19.99')
})

test('a price that is changed in .NET is new in both shops', async () => {
  await page.goto(`${world.storefront}/product/1`)
  await page.fill('[name=cents]', '1750')
  await page.click('#change')
  await page.waitForURL(`${world.storefront}/product/1`)
  await allShow('17.50')
})

test('a price that is changed without a word to the cache is not, until a server action of Next.js says it', async () => {
  await changeQuietly(1234)
  await allShow('17.50')
  await change(`${world.instances[1]}/admin`, '#price-of-1', 1235)
  await allShow('12.35')
  await page.goto(`${world.storefront}/admin`)
  assert.deepEqual((await page.locator('#changes li').allTextContents()).slice(0, 2), ['Kettle: 12.34 → 12.35', 'Kettle: 17.50 → 12.34'])
})

test('a page that is refreshed in the background is old once, and then new', async () => {
  await changeQuietly(900)
  await page.goto(`${world.instances[0]}/product/1`)
  await page.click('#refresh button')
  await page.waitForSelector('#refresh [role=status]')
  assert.equal(await text(`${world.instances[1]}/product/1`, '#price'), '12.35')
  await becomes('9.00', () => text(`${world.instances[1]}/product/1`, '#price'))
  await becomes('9.00', () => text(`${world.instances[0]}/product/1`, '#price'))
  await becomes('9.00', () => text(`${world.storefront}/product/1`, '#own'))
})

test('an action whose update was not confirmed fails', async () => {
  await page.goto(`${world.instances[0]}/product/1`)
  await world.silos.close()
  await page.fill('#change [name=cents]', '800')
  await page.click('#change button')
  await page.waitForSelector('text=That did not work')
})

/** Every page that shows the price of the kettle: in Next.js on both instances, and in .NET in its three styles and in its list. */
async function allShow(price) {
  const shown = {}
  for (const instance of world.instances) {
    shown[`${instance}/product/1`] = await text(`${instance}/product/1`, '#price')
    shown[instance] = await text(instance, '#price-1')
  }
  for (const [path, selector] of [['/product/1', '#own'], ['/product/1', '#hybrid'], ['/label/1', '#label'], ['/', '#price-1']]) {
    shown[`.NET ${selector}`] = await text(world.storefront + path, selector)
  }
  assert.deepEqual(shown, Object.fromEntries(Object.keys(shown).map((where) => [where, price])))
}

async function change(address, form, cents) {
  await page.goto(address)
  await page.fill(`${form} [name=cents]`, String(cents))
  await page.click(`${form} button`)
  await page.waitForSelector(`${form} [role=status]`)
}

/** By the API of the shop in .NET, whose caller is to tell the cache; this one does not. */
async function changeQuietly(cents) {
  const answer = await fetch(`${world.storefront}/api/products/1/price`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ cents }),
  })
  assert.deepEqual(await answer.json(), { tags: ['product:1', 'products', 'table:PriceChanges'] })
}

async function badge(address) {
  const port = async (selector) => /\d+/.exec(await page.textContent(selector))[0]
  return { state: await text(address, '#state'), maker: await port('#maker'), sender: await port('#sender') }
}

async function text(address, selector) {
  await page.goto(address)
  return page.textContent(selector)
}

/** Looks until it is so: what is made in the background tells no one. */
async function becomes(wanted, look) {
  const deadline = performance.now() + 20_000
  for (let seen = await look(); seen !== wanted; seen = await look()) {
    assert.ok(performance.now() < deadline, `${seen} did not become ${wanted}.`)
  }
}
