import { fetched } from '../../../lib/fetched'

export const dynamic = 'force-static'

/** Made by the build. */
export async function GET() {
  return Response.json(await fetched('stat', { tags: ['stat'] }))
}
