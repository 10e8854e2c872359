import { cookies } from 'next/headers'
import { ask } from '../../lib/origin'
import Value from '../../lib/Value'

export const dynamic = 'force-static'

/** Made by the build though it looks at cookies, which are none then. */
export default async function Forced() {
  const seen = (await cookies()).size
  return <Value value={{ ...(await ask('forced')), seen }} />
}
