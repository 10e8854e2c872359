import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cases } from './cases.mjs'
import { both } from './oracle.mjs'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const page = readFileSync(join(root, 'docs', 'how-to', 'nextjs.md'), 'utf8')

for (const { name, steps, ours, theirs, why } of cases) {
  test(`${name}: ${theirs === undefined ? ours : `${ours}, not ${theirs}, since ${why}`}`, async () => {
    assert.deepEqual(await both(steps), { theirs: theirs ?? ours, ours })
  })
}

test('The page has every difference, and no other', () => {
  const rows = page.split('\n').filter((line) => line.endsWith('|') && line.split('|').length === 6)
  const told = rows.slice(rows.findIndex((r) => r.includes("Next.js' own | why")) + 2)
  const expected = cases
    .filter((c) => c.theirs !== undefined)
    .map((c) => `| ${c.name} | ${inWords(c.ours)} | ${inWords(c.theirs)} | ${c.why} |`)
  assert.deepEqual(told.slice(0, expected.length), expected)
  assert.ok(!told.slice(expected.length).some((r) => r.includes('theirs')))
})

test('The page has every variable of the environment, and no other', () => {
  const variables = new Set()
  for (const folder of ['client', 'next']) {
    const files = readdirSync(join(root, 'js', folder, 'src'), { recursive: true }).filter((f) => f.endsWith('.ts'))
    for (const file of files) {
      for (const [name] of readFileSync(join(root, 'js', folder, 'src', file), 'utf8').matchAll(/\bOTC_[A-Z_]+\b/g)) {
        variables.add(name)
      }
    }
  }
  const rows = [...page.matchAll(/^\| `(OTC_[A-Z_]+)` \|/gm)].map((m) => m[1])
  assert.deepEqual(rows.sort(), [...variables].sort())
})

/** What a reader gets, in the page's words: values are 1 unless they matter. */
function inWords(answer) {
  return answer.replace(/ 1$/, '').replace('fresh newer', 'the newer').replace('fresh older', 'the older')
}
