/** A value where a test finds it in HTML. */
export default function Value({ value }) {
  return <output data-value={encodeURIComponent(JSON.stringify(value ?? null))} />
}
