import type { Metadata } from 'next'
import Link from 'next/link'
import './site.css'

export const metadata: Metadata = { title: { default: 'Tea things', template: '%s · Tea things' }, icons: '/icon.svg' }

export default function Layout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>
          <Link className="brand" href="/">
            <img src="/icon.svg" alt="" width="28" height="28" /> Tea things
          </Link>
          <span className="tagline">the storefront in Next.js</span>
          <nav>
            <Link href="/">Products</Link> <Link href="/admin">Prices</Link> <Link href="/delivery">Delivery</Link>
          </nav>
        </header>
        <main>{children}</main>
        <footer>
          A sample of OrleansTagCache. Cities: <a href="https://www.geonames.org/">GeoNames</a>, <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.
        </footer>
      </body>
    </html>
  )
}
