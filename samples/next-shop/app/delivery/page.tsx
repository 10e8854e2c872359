import type { Metadata } from 'next'
import Link from 'next/link'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { Badge } from '@/components/Badge'
import { getCountries } from '@/lib/cached'
import { count } from '@/lib/text'

export const metadata: Metadata = { title: 'Delivery' }

export default function Page() {
  return (
    <>
      <h1>Where we deliver</h1>
      <Suspense fallback={<p className="waits">…</p>}>
        <Countries />
      </Suspense>
    </>
  )
}

async function Countries() {
  await connection()
  const asked = Date.now()
  const made = await getCountries()
  return (
    <>
      <Badge made={made} asked={asked} />
      <ul className="countries">
        {made.value.map(({ code, name, cities }) => (
          <li key={code}>
            <Link href={`/delivery/${code}`} prefetch={false}>
              {name}
            </Link>{' '}
            <span className="faint">{count(cities)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
