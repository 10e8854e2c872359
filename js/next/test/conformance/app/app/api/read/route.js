import { read } from '../../../lib/cached'

export async function POST(request) {
  const { fn, args } = await request.json()
  return answer(await read(fn, args))
}

/** As POST, for load generators. */
export async function GET(request) {
  const query = new URL(request.url).searchParams
  return answer(await read(query.get('fn') ?? 'item', [query.get('name'), JSON.parse(query.get('spec') ?? '{}')]))
}

function answer(result) {
  return new Response(
    JSON.stringify(result, (_, value) => {
      if (typeof value === 'bigint') return `${value}n`
      if (value instanceof Map) return { map: [...value] }
      if (value instanceof Set) return { set: [...value] }
      if (value instanceof Uint8Array) return { bytes: [...value] }
      return value
    }),
    { headers: { 'Content-Type': 'application/json' } },
  )
}
