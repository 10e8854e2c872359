// Loaded before Next, with --expose-gc: on SIGUSR2 the process collects its garbage and says how much it holds.
process.on('SIGUSR2', () => {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  console.log(`memory ${JSON.stringify({ heapUsed, external, arrayBuffers, rss })}`)
})
