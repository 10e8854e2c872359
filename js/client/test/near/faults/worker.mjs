// A process that reads through a near cache: it makes what is missing from the conductor's source, and reports which version each read got.
const dist = process.env.NEAR_DIST
const { NearTagCacheClient, TagCacheError } = await import(`${dist}index.js`)
const { keys } = JSON.parse(process.env.WORKER)

const client = new NearTagCacheClient({ url: process.env.URLS, timeout: 1_000 })
const monotonic = () => Number(process.hrtime.bigint()) / 1e6
const asked = new Map()
let number = 0
let stopping = false
let errors = 0

process.on('message', (message) => {
  if (message.version !== undefined) {
    asked.get(message.number)(message.version)
    asked.delete(message.number)
  } else if (message.block !== undefined) {
    // Nothing of this process runs for so long.
    const until = performance.now() + message.block
    while (performance.now() < until) {}
  } else if (message.stop) {
    stopping = true
  }
})

const sourceOf = (key) =>
  new Promise((resolve) => {
    asked.set(++number, resolve)
    process.send({ source: key, number })
  })

let reads = []
const report = () => {
  if (reads.length > 0) {
    process.send({ reads, near: client.near, errors })
    reads = []
  }
}

async function read(name) {
  const { key, tags, soft } = keys[name]
  const startedAt = monotonic()
  try {
    const found = await client.read(key, { soft, lease: 2 })
    if (found.status !== 'miss') {
      reads.push([name, startedAt, Number(Buffer.from(found.value).toString())])
    } else if (found.token !== undefined) {
      const version = await sourceOf(name)
      await client.store(key, Buffer.from(String(version)), {
        token: found.token,
        tags,
        life: { revalidate: 60, expire: 600 },
      })
    }
  } catch (error) {
    if (!(error instanceof TagCacheError)) {
      throw error
    }
    errors++
  }
}

async function loop(offset) {
  for (let i = offset; !stopping; i++) {
    await read(i % keys.length)
    if (i % 64 === 0) {
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    if (reads.length >= 2_000) {
      report()
    }
  }
}

setInterval(report, 100).unref()
await Promise.all([loop(0), loop(3), loop(7)])
report()
await client.close()
process.disconnect()
