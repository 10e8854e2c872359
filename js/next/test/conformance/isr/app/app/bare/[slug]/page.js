import { ask } from '../../../lib/origin'
import { slugs } from '../../../lib/slugs'
import Value from '../../../lib/Value'

export const revalidate = 3600

export function generateStaticParams() {
  return slugs('bare')
}

/** Asks past every cache: the page has no tags but those of its route. */
export default async function Bare({ params }) {
  const slug = decodeURIComponent((await params).slug)
  return <Value value={await ask(`bare:${slug}`)} />
}
