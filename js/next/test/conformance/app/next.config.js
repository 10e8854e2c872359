// The handlers of a build are chosen by HANDLER, since Next bundles them: ours, or those that the benchmark compares them with.
const handlers = {
  ours: (config) => require('@orleans-tag-cache/next').withOrleansTagCache(config),
  builtin: (config) => config,
  mrjasonroy: (config) => ({
    ...config,
    cacheHandlers: {
      default: require.resolve('./handlers/mrjasonroy.mjs'),
      remote: require.resolve('./handlers/mrjasonroy.mjs'),
    },
  }),
  fortedigital: (config) => ({
    ...config,
    cacheHandler: require.resolve('./handlers/fortedigital.mjs'),
    cacheMaxMemorySize: 0,
  }),
}

module.exports = handlers[process.env.HANDLER ?? 'ours']({
  cacheComponents: true,
  distDir: process.env.DIST_DIR ?? '.next',
  generateBuildId: () => process.env.BUILD_ID ?? 'conformance-build-a',
  cacheLife: {
    short: { stale: 30, revalidate: 30, expire: 400 },
    second: { stale: 1, revalidate: 1, expire: 400 },
    never: { stale: 0, revalidate: 0, expire: 0 },
  },
  // Nothing of what is tested depends on these, and they cost time.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  poweredByHeader: false,
})
