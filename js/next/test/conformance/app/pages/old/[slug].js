import { ask } from '../../lib/origin'
import Value from '../../lib/Value'

export function getStaticPaths() {
  return { paths: [{ params: { slug: 'first' } }], fallback: 'blocking' }
}

/** A page of the older router, with its time-based and on-demand revalidation. */
export async function getStaticProps({ params }) {
  const found = await ask(`old:${params.slug}`)
  const revalidate = params.slug.startsWith('quick') ? 1 : 3600
  if (found.state === 'gone') return { notFound: true, revalidate }
  if (found.state === 'moved') return { redirect: { destination: '/static', permanent: false }, revalidate }
  return { props: { found }, revalidate }
}

export default function Old({ found }) {
  return <Value value={found} />
}
