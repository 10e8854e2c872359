import { ask } from '../../../../lib/origin'

export const dynamic = 'force-static'
export const revalidate = 1

/** Made anew after a second. */
export async function GET(_, { params }) {
  const { slug } = await params
  return Response.json(await ask(`timed-data:${slug}`))
}
