'use server'

import { revalidateTag, updateTag } from 'next/cache'
import { writePrice } from '@/lib/storefront'
import { price } from '@/lib/text'

/** What a form says after it was sent. */
export interface Outcome {
  done?: string
  fault?: string
}

/** Changes a price in the database of the shop in .NET, which does not tell its cache. This does: when it has returned, no page of either shop shows the old price. */
export async function changePrice(_: Outcome, form: FormData): Promise<Outcome> {
  const cents = Number(form.get('cents'))
  const written = await writePrice(Number(form.get('id')), cents)
  if ('fault' in written) {
    return written
  }
  for (const tag of written.tags) {
    updateTag(tag)
  }
  return { done: `The price is ${price(cents)} now, in both shops and on every instance.` }
}

/** Has a page made anew behind its readers: the next one gets the old page at once. */
export async function refresh(_: Outcome, form: FormData): Promise<Outcome> {
  revalidateTag(String(form.get('tag')), 'max')
  return { done: 'Load the page again: you get the old one at once, while a new one is made. Then once more.' }
}
