import { fetched } from '../../../lib/fetched'
import { slugs } from '../../../lib/slugs'
import Value from '../../../lib/Value'

export function generateStaticParams() {
  return slugs('quick')
}

/** Made anew after a second, by the word of what it fetches. */
export default async function Quick({ params }) {
  const { slug } = await params
  return <Value value={await fetched(`quick:${slug}`, { revalidate: 1 })} />
}
