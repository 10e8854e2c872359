// Milliseconds after which a test is named though it passed.
const slow = 3_000

/** Tells of each failure when it happens, of each suite when it ends, and closes with the counts. */
export default async function* report(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const start = performance.now()
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    if (type === 'test:diagnostic' && data.nesting > 0) yield `# ${data.message}\n`
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details.type === 'suite') {
      if (data.skip === undefined)
        yield `${type === 'test:pass' ? 'ok' : 'NOT OK'}: ${data.name} (${seconds(data.details.duration_ms)})\n`
      continue
    }
    if (data.skip !== undefined) {
      counts.skipped++
    } else if (type === 'test:pass') {
      counts.passed++
      if (data.details.duration_ms > slow) yield `slow: ${data.name} (${seconds(data.details.duration_ms)})\n`
    } else {
      counts.failed++
      const cause = data.details.error?.cause ?? data.details.error
      yield `FAILED: ${data.name} (${seconds(data.details.duration_ms)})\n  ${String(cause?.stack ?? cause).replaceAll('\n', '\n  ')}\n`
    }
  }
  yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds(performance.now() - start)}\n`
}
