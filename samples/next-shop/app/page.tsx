import Link from 'next/link'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { Badge } from '@/components/Badge'
import { getProducts } from '@/lib/cached'
import { price } from '@/lib/text'

export default function Page() {
  return (
    <>
      <h1>Tea things</h1>
      <Suspense fallback={<p className="waits">…</p>}>
        <Products />
      </Suspense>
    </>
  )
}

async function Products() {
  await connection()
  const asked = Date.now()
  const made = await getProducts()
  return (
    <>
      <Badge made={made} asked={asked} />
      <ul className="products">
        {made.value.map((product) => (
          <li key={product.id}>
            <Link href={`/product/${product.id}`}>
              {product.name} <b id={`price-${product.id}`}>{price(product.cents)}</b>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
