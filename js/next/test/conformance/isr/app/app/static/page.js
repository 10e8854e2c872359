import { fetched } from '../../lib/fetched'
import Value from '../../lib/Value'

/** Made by the build, and without a time. */
export default async function Static() {
  return <Value value={await fetched('static-page', { tags: ['static-page'] })} />
}
