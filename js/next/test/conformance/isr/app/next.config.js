// No cacheComponents: pages are made as a whole, by the build or when they are asked for, and kept by `cacheHandler` alone.
const handlers = {
  ours: (config) => require('@orleans-tag-cache/next').withOrleansTagCache(config),
  builtin: (config) => config,
}

module.exports = handlers[process.env.HANDLER ?? 'ours']({
  distDir: process.env.DIST_DIR ?? '.next',
  generateBuildId: () => process.env.BUILD_ID ?? 'conformance-build-a',
  // Nothing of what is tested depends on these, and they cost time.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  poweredByHeader: false,
})
