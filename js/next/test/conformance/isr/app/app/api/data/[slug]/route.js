import { ask } from '../../../../lib/origin'
import { slugs } from '../../../../lib/slugs'

export const dynamic = 'force-static'
export const revalidate = 3600

export function generateStaticParams() {
  return slugs('data')
}

/** Made for one slug by the build, and for the others when they are asked for. It has no tags but those of its route. */
export async function GET(_, { params }) {
  const { slug } = await params
  const found = await ask(`data:${slug}`)
  return found.state === 'gone' ? new Response(null, { status: 404 }) : Response.json(found)
}
