import { refresh, revalidatePath, revalidateTag, updateTag } from 'next/cache'
import { draftMode } from 'next/headers'
import { redirect } from 'next/navigation'
import { read } from './cached'

/** Does what a test asks for, one after the other, in a server action or a route handler, and gives what the reads among it gave. */
export async function perform(steps) {
  const results = []
  for (const [verb, ...args] of steps) {
    switch (verb) {
      case 'updateTag':
        for (const tag of args) updateTag(tag)
        break
      case 'revalidateTag':
        revalidateTag(...args)
        break
      case 'revalidateTags':
        for (const tag of args[0]) revalidateTag(tag, ...args.slice(1))
        break
      case 'revalidatePath':
        revalidatePath(...args)
        break
      case 'refresh':
        refresh()
        break
      case 'read':
        results.push((await read(args[0], args.slice(1))).value)
        break
      case 'draft':
        ;(await draftMode())[args[0] ? 'enable' : 'disable']()
        break
      case 'redirect':
        redirect(args[0])
        break
      default:
        throw new Error(`There is no step ${verb}.`)
    }
  }
  return results
}
