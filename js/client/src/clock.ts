/**
 * The moment now on the monotonic clock of this process, in milliseconds with fractions. It does not follow corrections
 * of the machine's clock. `performance.timeOrigin` added to it is the clock that Next.js stamps its entries with.
 */
export function now(): number {
  return performance.now()
}
