/** A promise that is settled from outside. */
export function signal() {
  let set
  const promise = new Promise((resolve) => (set = resolve))
  return { set, promise }
}

/** Looks every 20 ms until something holds, for what cannot be waited for by an event: the state of another process. Gives what the look gave. */
export async function until(look, what, patience = 30_000) {
  const start = performance.now()
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() - start > patience) throw new Error(`Not within ${patience} ms: ${what}.`)
    await after(20)
  }
}

/** Resolves after that time: for what a test says about time itself. */
export function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Does something when that time has passed, unless what it gives is called before: a guard for a wait that may not end. */
export function unlessBefore(ms, act) {
  const timer = setTimeout(act, ms)
  return () => clearTimeout(timer)
}

/** Does something each time that so much has passed, until what it gives is called. */
export function every(ms, act) {
  const timer = setInterval(act, ms)
  return () => clearInterval(timer)
}
