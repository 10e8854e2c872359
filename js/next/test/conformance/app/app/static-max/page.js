import { item } from '../../lib/cached'
import Value from '../../lib/Value'

/** As `/static`, for a test of its own. */
export default async function StaticMax() {
  return <Value value={await item('static-max', { tags: ['static-max'], life: 'max' })} />
}
