import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

/** Collects what nothing refers to. It runs in a task of its own, so that nothing on a stack counts. */
export async function collect() {
  await gc({ type: 'major', execution: 'async' })
}
