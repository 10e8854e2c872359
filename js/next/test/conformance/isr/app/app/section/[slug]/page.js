import { fetched } from '../../../lib/fetched'
import { slugs } from '../../../lib/slugs'
import Value from '../../../lib/Value'

export function generateStaticParams() {
  return slugs('section')
}

export default async function Page({ params }) {
  const { slug } = await params
  return <Value value={await fetched(`section:${slug}`, { tags: [`section:${slug}`] })} />
}
