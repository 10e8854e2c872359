import { fetched } from '../../../lib/fetched'
import { slugs } from '../../../lib/slugs'
import Value from '../../../lib/Value'

export const dynamicParams = false

export function generateStaticParams() {
  return slugs('closed')
}

/** Made for these slugs and for no others. */
export default async function Closed({ params }) {
  const { slug } = await params
  return <Value value={await fetched(`closed:${slug}`, { tags: [`closed:${slug}`] })} />
}
