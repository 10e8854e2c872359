import { notFound } from 'next/navigation'
import { item } from '../../../lib/cached'
import Value from '../../../lib/Value'

export function generateStaticParams() {
  return [{ slug: 'first' }]
}

/** Not found while its source says so. */
export default async function Missing({ params }) {
  const { slug } = await params
  const found = await item(`missing:${slug}`, { tags: [`missing:${slug}`], life: 'hours' })
  if (found.state === 'gone') notFound()
  return <Value value={found} />
}
