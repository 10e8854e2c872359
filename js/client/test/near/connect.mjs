/** Where the near cache is built; the mutants name a copy of it. */
export const dist = process.env.NEAR_DIST ?? new URL('../../dist/esm/near/', import.meta.url).href
const { SiloSocket } = await import(`${dist}silo-socket.js`)
const { NearCache } = await import(`${dist}near-cache.js`)
const { Moments } = await import(`${dist}../moments.js`)

/** A connection to a fake silo, and its welcome as an event. */
export function connect(silo) {
  const near = new NearCache(1024 * 1024)
  let socket
  const welcomed = new Promise((resolve) => {
    const source = { origin: silo.url, moments: new Moments() }
    socket = new SiloSocket({ silo: source, key: undefined, timeout: 5_000, near, keeps: true, onSilos: resolve })
  })
  return { near, socket, welcomed }
}
