import { cacheLife } from 'next/cache'
import { countCities, largestCities } from './cities'
import { make } from './made'
import { readProduct, readProducts } from './storefront'

// The tags are those of the shop in .NET (samples/Storefront/Database/Shop.cs) and of samples/Cities (Caching/Tags.cs): on the same silos, an
// update of one of them reaches the pages of all.

export async function getProducts() {
  'use cache'
  cacheLife('hours')
  return make(['products'], readProducts)
}

export async function getProduct(id: number) {
  'use cache'
  cacheLife('hours')
  return make([`product:${id}`], () => readProduct(id))
}

export async function getCountries() {
  'use cache'
  cacheLife('days')
  return make(['cities'], countCities)
}

export async function getDelivery(country: string) {
  'use cache'
  cacheLife('days')
  return make(['cities', `country:${country}`], () => largestCities(country))
}
