import { Suspense } from 'react'
import { read } from '../../lib/cached'
import Value from '../../lib/Value'
import { act } from './action'

async function Read({ searchParams }) {
  const { name, spec = '{}' } = await searchParams
  return name ? <Value value={(await read('item', [name, JSON.parse(spec)])).value} /> : null
}

/** A form for the server action, beside what the page shows. */
export default function Act({ searchParams }) {
  return (
    <>
      <form action={act}>
        <input name="steps" />
        <button type="submit">Do it</button>
      </form>
      <Suspense>
        <Read searchParams={searchParams} />
      </Suspense>
    </>
  )
}
