/** What the build makes of a route beside what it makes when it is asked: enough that each test has one that nobody has read. */
export function slugs(...kinds) {
  return kinds.flatMap((kind) => Array.from({ length: 24 }, (_, i) => ({ slug: `${kind}-built-${i}` })))
}
