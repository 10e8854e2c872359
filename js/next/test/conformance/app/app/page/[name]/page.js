import { Suspense } from 'react'
import { read } from '../../../lib/cached'
import Value from '../../../lib/Value'

async function Read({ params, searchParams }) {
  const { name } = await params
  const { fn = 'item', spec = '{}' } = await searchParams
  return <Value value={(await read(fn, [name, JSON.parse(spec)])).value} />
}

/** Reads at each request what the request names. */
export default function Page(props) {
  return (
    <Suspense>
      <Read {...props} />
    </Suspense>
  )
}
