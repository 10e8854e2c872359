import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { tagName, tagNames } from '@orleans-tag-cache/client'

const hashed = (text) => `~h:${createHash('sha256').update(text, 'utf8').digest('hex')}`

for (const tag of ['a', '_N_T_/layout', 'a,b', 'hé', 'h%C3%A9', ' ', '**', 'é'.repeat(256), '💥', '~h', 'A']) {
  test(`The tag ${JSON.stringify(tag.slice(0, 20))} keeps its name`, () => assert.equal(tagName(tag), tag))
}

for (const tag of [
  '',
  '*',
  'x'.repeat(257),
  'a\u0000',
  'a\nb',
  '\u007f',
  '\u0085',
  '\ud800',
  'a\udc00b',
  '\udca5\ud83d',
  `~h:${'0'.repeat(64)}`,
  '~h:',
]) {
  test(`The tag ${JSON.stringify(tag.slice(0, 20))} is hashed`, () => assert.equal(tagName(tag), hashed(tag)))
}

test('Names are told once, in their order', () =>
  assert.deepEqual(tagNames(['b', 'a', 'b', '', '']), ['b', 'a', hashed('')]))
