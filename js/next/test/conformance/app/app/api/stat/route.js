import { item } from '../../../lib/cached'

/** Asks nothing of its request, so that the build makes it. */
export async function GET() {
  return Response.json(await item('stat', { tags: ['stat'], life: 'max' }))
}
