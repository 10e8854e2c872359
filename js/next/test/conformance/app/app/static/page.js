import { item } from '../../lib/cached'
import Value from '../../lib/Value'

/** Prerendered by the build, and kept in a file from then on. */
export default async function Static() {
  return <Value value={await item('static-page', { tags: ['static-page'], life: 'max' })} />
}
