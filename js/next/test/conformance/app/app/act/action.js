'use server'
import { perform } from '../../lib/steps'

export async function act(steps) {
  // A form sends its fields, a script sends the steps themselves.
  return perform(steps instanceof FormData ? JSON.parse(steps.get('steps')) : steps)
}
