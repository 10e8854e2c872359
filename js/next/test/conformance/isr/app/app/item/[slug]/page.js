import { notFound, redirect } from 'next/navigation'
import { fetched, unstable } from '../../../lib/fetched'
import { slugs } from '../../../lib/slugs'
import Value from '../../../lib/Value'

export function generateStaticParams() {
  return slugs('fetched', 'unstable')
}

/** Made for some slugs by the build, and for the others when they are asked for. Not found, or a redirect, while its source says so. */
export default async function Item({ params }) {
  const slug = decodeURIComponent((await params).slug)
  const read = slug.startsWith('unstable') ? unstable : fetched
  const found = await read(`item:${slug}`, { tags: ['items', `item:${slug}`] })
  if (found.state === 'gone') notFound()
  if (found.state === 'moved') redirect('/static')
  return <Value value={found} />
}
