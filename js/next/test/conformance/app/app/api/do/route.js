import { perform } from '../../../lib/steps'

export async function POST(request) {
  try {
    return Response.json({ results: await perform(await request.json()) })
  } catch (error) {
    if (error?.digest?.startsWith?.('NEXT_')) throw error
    return Response.json({ error: error.message }, { status: 400 })
  }
}
