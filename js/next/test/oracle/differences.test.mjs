import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cases as pages } from '../conformance/isr/cases.mjs'
import { cases } from './cases.mjs'
import { both } from './oracle.mjs'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const page = readFileSync(join(root, 'docs', 'how-to', 'nextjs.md'), 'utf8')

for (const { name, steps, ours, theirs, why } of cases) {
  test(`${name}: ${theirs === undefined ? ours : `${ours}, not ${theirs}, since ${why}`}`, async () => {
    assert.deepEqual(await both(steps), { theirs: theirs ?? ours, ours })
  })
}

// Those of pages are asserted beside Next.js itself, by js/next/test/conformance.
for (const [what, of] of Object.entries({
  "an entry of `'use cache'`": cases,
  'a page without `cacheComponents`': pages,
})) {
  test(`The page has every difference of ${what}, and no other`, () => {
    const lines = page.split('\n')
    const heading = lines.indexOf(`| ${what}: what happens | here | Next.js' own | why |`)
    assert.notEqual(heading, -1)
    const rows = lines.slice(heading + 2)
    assert.deepEqual(
      rows.slice(0, rows.indexOf('')),
      of
        .filter((c) => c.theirs !== undefined)
        .map((c) => `| ${c.name} | ${inWords(c.ours)} | ${inWords(c.theirs)} | ${c.why} |`),
    )
  })
}

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

/** What a reader gets, in the page's words: values are 1 unless they matter, and of a page it matters whether it was rendered for him. */
function inWords(answer) {
  const page = { MISS: 'rendered anew', HIT: 'served', STALE: 'served as stale' }[answer.split(' ')[0]]
  if (page !== undefined) {
    return page
  }
  return answer.replace(/ 1$/, '').replace('fresh newer', 'the newer').replace('fresh older', 'the older')
}
