import { redirect } from 'next/navigation'
import { item } from '../../../lib/cached'
import Value from '../../../lib/Value'

export function generateStaticParams() {
  return [{ slug: 'first' }]
}

/** A redirect while its source says so. */
export default async function Moved({ params }) {
  const { slug } = await params
  const found = await item(`moved:${slug}`, { tags: [`moved:${slug}`], life: 'hours' })
  if (found.state === 'moved') redirect('/static')
  return <Value value={found} />
}
