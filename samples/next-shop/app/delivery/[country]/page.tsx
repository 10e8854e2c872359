import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { refresh } from '@/app/actions'
import { ActionForm } from '@/components/ActionForm'
import { Badge } from '@/components/Badge'
import { getDelivery } from '@/lib/cached'
import { count, price } from '@/lib/text'

export const metadata: Metadata = { title: 'Delivery' }

interface Properties {
  params: Promise<{ country: string }>
}

export default function Page({ params }: Properties) {
  return (
    <Suspense fallback={<p className="waits">…</p>}>
      <Delivery params={params} />
    </Suspense>
  )
}

async function Delivery({ params }: Properties) {
  await connection()
  const { country } = await params
  if (!/^[A-Z]{2}$/.test(country)) {
    notFound()
  }
  const asked = Date.now()
  const made = await getDelivery(country)
  const delivery = made.value
  if (delivery === null) {
    notFound()
  }
  return (
    <>
      <h1>Delivery to {delivery.name}</h1>
      <Badge made={made} asked={asked} />
      <table className="card">
        <thead>
          <tr>
            <th>City</th>
            <th className="number">Inhabitants</th>
            <th className="number">Distance</th>
            <th className="number">Arrives in</th>
            <th className="number">Costs</th>
          </tr>
        </thead>
        <tbody>
          {delivery.cities.map((city) => (
            <tr key={`${city.name} ${city.population}`}>
              <th>{city.name}</th>
              <td className="number">{count(city.population)}</td>
              <td className="number">{count(city.kilometres)} km</td>
              <td className="number">{city.days} days</td>
              <td className="number">{price(city.cents)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ActionForm id="refresh" action={refresh}>
        <input type="hidden" name="tag" value={`country:${country}`} />
        <button className="quiet">Refresh in the background</button>
      </ActionForm>
    </>
  )
}
