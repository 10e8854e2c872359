import { Suspense } from 'react'
import { item } from '../../../lib/cached'
import Value from '../../../lib/Value'

export function generateStaticParams() {
  return [{ slug: 'first' }]
}

async function Post({ params }) {
  const { slug } = await params
  return <Value value={await item(`blog:${slug}`, { tags: ['blog', `blog:${slug}`], life: 'hours' })} />
}

/** Made for one slug by the build, and for the others when they are asked for. */
export default function Blog({ params }) {
  return (
    <Suspense>
      <Post params={params} />
    </Suspense>
  )
}
