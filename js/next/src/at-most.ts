/** How long a request waits for a store, in milliseconds: it does not for one that a silo leaves unanswered. */
export const longestForAStore = 1_000

/** Waits for a store, for so many milliseconds at most. Gives whether it is over. */
export async function atMost(storing: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  try {
    return await Promise.race([storing.then(() => true), over])
  } finally {
    clearTimeout(timer)
  }
}
