import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { changePrice, refresh } from '@/app/actions'
import { ActionForm } from '@/components/ActionForm'
import { Badge } from '@/components/Badge'
import { getProduct } from '@/lib/cached'
import { storefront } from '@/lib/storefront'
import { price } from '@/lib/text'

export const metadata: Metadata = { title: 'Product' }

interface Properties {
  params: Promise<{ id: string }>
}

export default function Page({ params }: Properties) {
  return (
    <Suspense fallback={<p className="waits">…</p>}>
      <Product params={params} />
    </Suspense>
  )
}

async function Product({ params }: Properties) {
  await connection()
  const { id } = await params
  if (!/^\d{1,9}$/.test(id)) {
    notFound()
  }
  const asked = Date.now()
  const made = await getProduct(Number(id))
  const product = made.value
  if (product === null) {
    notFound()
  }
  return (
    <>
      <h1>{product.name}</h1>
      <Badge made={made} asked={asked} />
      <div className="columns">
        <section className="card">
          <h2>One price, two shops</h2>
          <dl>
            <dt>here, by Next.js</dt>
            <dd id="price">{price(product.cents)}</dd>
            <dt>
              <a href={`${storefront}/product/${id}`}>there, by .NET</a>
            </dt>
            <dd>
              <iframe key={made.at} title="The price in the shop in .NET" src={`${storefront}/label/${id}`} />
            </dd>
          </dl>
        </section>
        <section className="card">
          <h2>Change it</h2>
          <ActionForm id="change" action={changePrice}>
            <input type="hidden" name="id" value={id} />
            <label>
              New price in cents <input key={product.cents} name="cents" inputMode="numeric" defaultValue={product.cents} required />
            </label>
            <button>Change the price</button>
          </ActionForm>
          <p className="hint">
            A server action: it writes the price, and then calls <code>updateTag</code>.
          </p>
          <ActionForm id="refresh" action={refresh}>
            <input type="hidden" name="tag" value={`product:${id}`} />
            <button className="quiet">Refresh in the background</button>
          </ActionForm>
          <p className="hint">
            <code>revalidateTag('product:{id}', 'max')</code>: no reader waits.
          </p>
        </section>
      </div>
    </>
  )
}
