/** The shop in .NET: it owns the products and their prices. */
export const storefront = process.env.STOREFRONT ?? 'http://127.0.0.1:5001'

export interface Product {
  id: number
  name: string
  cents: number
}

export async function readProducts(): Promise<Product[]> {
  return (await ask('/api/products')).json()
}

/** A product, or null if there is none. */
export async function readProduct(id: number): Promise<Product | null> {
  const answer = await ask(`/api/products/${id}`)
  return answer.status === 404 ? null : answer.json()
}

/** Changes a price. The storefront tells no cache of it: it answers with the tags that are to be updated, or with what is wrong with the price. */
export async function writePrice(id: number, cents: number): Promise<{ tags: string[] } | { fault: string }> {
  const answer = await ask(`/api/products/${id}/price`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ cents }),
  })
  return answer.status === 404 ? { fault: 'There is no such product.' } : answer.json()
}

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(storefront + path, { ...init, signal: AbortSignal.timeout(5_000) })
  if (!answer.ok && answer.status !== 400 && answer.status !== 404) {
    throw new Error(`The storefront answered ${path} with ${answer.status}.`)
  }
  return answer
}
