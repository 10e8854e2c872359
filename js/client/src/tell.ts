/**
 * Tells a function of the application of something that nobody waits for. Whatever becomes of that is its own affair: what it throws, or rejects later,
 * must end neither the call under way nor the process.
 */
export function tell<Args extends readonly unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  ...args: Args
): void {
  const failed = (fault: unknown): void => console.warn('[orleans-tag-cache] A listener has failed.', fault, ...args)
  try {
    Promise.resolve(listener?.(...args)).catch(failed)
  } catch (fault) {
    failed(fault)
  }
}
