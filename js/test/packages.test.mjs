// What the packages say of themselves, against what they depend on.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const oldestNode = (path) =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).engines.node.replace(/^>=/, '')

test('The oldest Node.js is that of undici, in the packages and wherever it is told', () => {
  const oldest = oldestNode('../node_modules/undici/package.json')
  for (const path of ['../package.json', '../client/package.json', '../next/package.json']) {
    assert.equal(oldestNode(path), oldest, path)
  }
  for (const path of ['../client/README.md', '../../docs/how-to/nextjs.md', '../../CONTRIBUTING.md', '../../.ci/run']) {
    assert.ok(readFileSync(new URL(path, import.meta.url), 'utf8').includes(`Node.js ${oldest}`), path)
  }
})
