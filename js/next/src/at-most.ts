/** How long a request waits for a store, in milliseconds: it does not for one that a silo leaves unanswered. */
export const longestForAStore = 1_000

/** Waits for a store, for so many milliseconds at most. */
export async function atMost(storing: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([storing, over])
  clearTimeout(timer)
}
