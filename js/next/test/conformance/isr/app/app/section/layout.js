import { fetched } from '../../lib/fetched'

/** A layout with a value of its own, beside that of the page. */
export default async function Section({ children }) {
  const { version } = await fetched('section-layout', { tags: ['section-layout'] })
  return <section data-layout={`${version}`}>{children}</section>
}
