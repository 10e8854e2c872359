import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const folder = process.env.CITIES ?? join(/* turbopackIgnore: true */ process.cwd(), '../Cities/data')
const warehouse = { latitude: 51.9225, longitude: 4.47917 }
const most = 12

export interface Country {
  code: string
  name: string
  cities: number
}

export interface Destination {
  name: string
  population: number
  kilometres: number
  days: number
  cents: number
}

/** The countries to deliver to, in the order of their names, and how many cities each has. */
export async function countCities(): Promise<Country[]> {
  const [names, cities] = await Promise.all([readNames(), readCities()])
  const counts = new Map<string, number>()
  for (const [, , code] of cities) {
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return [...counts].map(([code, count]) => ({ code, name: names.get(code) ?? code, cities: count })).sort((one, other) => one.name.localeCompare(other.name, 'en'))
}

/** The largest cities of a country, and what it costs to deliver there; null if there is no such country. */
export async function largestCities(country: string): Promise<{ name: string; cities: Destination[] } | null> {
  const [names, all] = await Promise.all([readNames(), readCities()])
  const cities = all
    .filter(([, , code]) => code === country)
    .map(([, name, , population, latitude, longitude]) => ({ name, population: Number(population), latitude: Number(latitude), longitude: Number(longitude) }))
    .sort((one, other) => other.population - one.population)
    .slice(0, most)
    .map(({ name, population, ...place }) => ({ name, population, ...termsFor(distance(warehouse, place)) }))
  return cities.length === 0 ? null : { name: names.get(country) ?? country, cities }
}

function termsFor(kilometres: number) {
  return { kilometres: Math.round(kilometres), days: 1 + Math.ceil(kilometres / 900), cents: 390 + 10 * Math.round(kilometres / 25) }
}

async function readNames(): Promise<Map<string, string>> {
  const text = await readFile(join(folder, 'countries.csv'), 'utf8')
  return new Map([...text.matchAll(/^(\w\w),"(.*)"$/gm)].map(([, code, name]) => [code, name]))
}

/** Name, country, population, latitude and longitude of 135,233 places, behind the whole line. */
async function readCities(): Promise<RegExpExecArray[]> {
  const text = (await promisify(gunzip)(await readFile(join(folder, 'cities.csv.gz')))).toString()
  return [...text.matchAll(/^\d+,"(.*)",(\w\w),".*?",\w*,(\d+),(.+),(.+)$/gm)]
}

/** Kilometres between two places on a globe. */
function distance(one: typeof warehouse, other: typeof warehouse): number {
  const [a, b, turn] = [one.latitude, other.latitude, other.longitude - one.longitude].map((degrees) => (degrees * Math.PI) / 180)
  return 6_371 * Math.acos(Math.min(1, Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(turn)))
}
