'use client'

/** What takes the place of a page that failed. A price may be changed and the cache not told of it: then it is to be changed again. */
export default function Failure({ reset }: { reset: () => void }) {
  return (
    <section className="card">
      <h1>That did not work</h1>
      <p>The storefront or the silos did not answer. If you have changed a price, change it again: pages may still show the old one.</p>
      <button onClick={reset}>Try again</button>
    </section>
  )
}
