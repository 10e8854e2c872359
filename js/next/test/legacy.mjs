// What Next.js 16 gives to the handler of pages and of fetch, and what it makes of what it gets.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { clock, soft } from './fixture.mjs'

export const folder = mkdtempSync(join(tmpdir(), 'otc-'))
for (const build of ['one', 'two']) {
  mkdirSync(join(folder, build, 'server'), { recursive: true })
  writeFileSync(join(folder, build, 'BUILD_ID'), `${build}\n`)
}
after(() => rmSync(folder, { recursive: true }))

export const one = { serverDistDir: join(folder, 'one', 'server') }
export const two = { serverDistDir: join(folder, 'two', 'server') }

export const page = (tags = 'a,_N_T_/x', html = '<p>') => ({
  kind: 'APP_PAGE',
  html,
  rscData: Buffer.from('rsc'),
  postponed: undefined,
  headers: { 'x-next-cache-tags': tags },
  status: 200,
  segmentData: new Map([['/_tree', Buffer.from('tree')]]),
})
export const fetched = (body = 'aGk=', revalidate = 60) => ({
  kind: 'FETCH',
  data: { headers: {}, body, status: 200, url: 'https://a/' },
  revalidate,
})
export const getPage = { kind: 'APP_PAGE', isFallback: false }
export const setPage = (...given) => {
  const [revalidate, expire] = given.length === 0 ? [60, 3_600] : given
  return { cacheControl: { revalidate, expire }, isFallback: false }
}
export const getFetch = (tags = [], softTags = soft) => ({
  kind: 'FETCH',
  tags,
  softTags,
  fetchUrl: 'https://a/',
  revalidate: 60,
})
export const setFetch = (tags = []) => ({ fetchCache: true, tags, fetchUrl: 'https://a/' })

/** What Next.js 16 makes of an entry of a page: `true` is stale, -1 is over. */
export function judge({ lastModified, cacheControl }) {
  const now = clock()
  if (typeof cacheControl.expire === 'number' && lastModified + cacheControl.expire * 1_000 < now) {
    return -1
  }
  return cacheControl.revalidate !== false && lastModified + cacheControl.revalidate * 1_000 < now
}

export const isFetchStale = ({ lastModified, value }, asked) =>
  (clock() - lastModified) / 1_000 > (asked || value.revalidate)
