import { ask } from '../../../lib/origin'
import { slugs } from '../../../lib/slugs'
import Value from '../../../lib/Value'

export const revalidate = 1

export function generateStaticParams() {
  return slugs('timed')
}

/** Made anew after a second, by the page's own word. */
export default async function Timed({ params }) {
  const { slug } = await params
  return <Value value={await ask(`timed:${slug}`)} />
}
