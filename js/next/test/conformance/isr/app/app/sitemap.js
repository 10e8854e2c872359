import { fetched } from '../lib/fetched'

/** A file that Next makes of a function, and keeps as it keeps route handlers. */
export default async function sitemap() {
  const { version } = await fetched('sitemap', { tags: ['sitemap'] })
  return [{ url: `http://127.0.0.1/version/${version}` }]
}
