import type { Metadata } from 'next'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { changePrice, refresh } from '@/app/actions'
import { ActionForm } from '@/components/ActionForm'
import { Badge } from '@/components/Badge'
import { getProducts } from '@/lib/cached'
import { price } from '@/lib/text'

export const metadata: Metadata = { title: 'Prices' }

export default function Page() {
  return (
    <>
      <h1>Prices</h1>
      <Suspense fallback={<p className="waits">…</p>}>
        <Prices />
      </Suspense>
    </>
  )
}

async function Prices() {
  await connection()
  const asked = Date.now()
  const made = await getProducts()
  return (
    <>
      <Badge made={made} asked={asked} />
      <table className="card">
        <tbody>
          {made.value.map((product) => (
            <tr key={product.id}>
              <th>{product.name}</th>
              <td className="number">{price(product.cents)}</td>
              <td>
                <ActionForm id={`price-of-${product.id}`} action={changePrice}>
                  <input type="hidden" name="id" value={product.id} />
                  <input key={product.cents} name="cents" aria-label="New price in cents" inputMode="numeric" defaultValue={product.cents} required /> <button>Change</button>
                </ActionForm>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ActionForm id="refresh" action={refresh}>
        <input type="hidden" name="tag" value="products" />
        <button className="quiet">Refresh the lists of products in the background</button>
      </ActionForm>
    </>
  )
}
