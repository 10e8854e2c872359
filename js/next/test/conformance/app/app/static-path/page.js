import { item } from '../../lib/cached'
import Value from '../../lib/Value'

/** As `/static`, for a test of its own. */
export default async function StaticPath() {
  return <Value value={await item('static-path', { tags: ['static-path'], life: 'max' })} />
}
