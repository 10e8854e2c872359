// Removes one rule after the other from the built near cache, and runs the tests: each must fail. node test/near/mutants.mjs
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const mutants = [
  ['the stamp is taken after the question', 'near-cache.js', /ask\.stamp/g, 'this.ledger.stamp()'],
  [
    'the stamp is of the answer, when it is checked',
    'near-cache.js',
    'isLive(names, ask.stamp)',
    'isLive(names, this.ledger.stamp())',
  ],
  ['hits are not checked', 'ledger.js', 'if (record.expired > stamp)', 'if (false)'],
  ['the lease is not looked at', 'session.js', 'now < this.#deadline &&', ''],
  ['the lease is as long as its grant', 'session.js', 'grant * usable', 'grant * 1.05'],
  [
    'a left session is served',
    'silo-session.js',
    'this.#session.leave();\n            this.near.forget(this.#session);',
    '',
  ],
  ['an answer of a left session is kept', 'session.js', /this\.#isOver = true/, ''],
  ['soft tags are not checked', 'near-cache.js', "'*', ...soft,", "'*',"],
  [
    'a soft tag of which no silo was told is believed',
    'near-cache.js',
    'tags[i] !== tag && !tags.includes(tag)',
    'false',
  ],
  ['the key is not checked', 'near-cache.js', ', nameOfKey(key)])', '])'],
  ['everything is not checked', 'near-cache.js', "'*', ", ''],
  ['the floor is not raised', 'ledger.js', 'this.floor = Math.max(this.floor, record.expired)', ''],
  ['a record starts at zero', 'ledger.js', 'new TagRecord(name, this.floor)', 'new TagRecord(name, 0)'],
  [
    'pushes are acknowledged first',
    'silo-session.js',
    'this.near.apply(tags, keys);',
    'acknowledge(number);\n        this.near.apply(tags, keys);',
  ],
  ['a missing push is passed over', 'silo-session.js', 'if (number !== this.#applied + 1)', 'if (false)'],
  ['a push is not applied', 'near-cache.js', 'this.ledger.expire(', 'void ('],
  ['age is not looked at', 'near-cache.js', 'now < kept.freshUntil && ', ''],
  [
    'the lease counts from the answer',
    'silo-socket.js',
    'const receivedAt = now();',
    'const receivedAt = now(); ask.at = now();',
  ],
  ['a lost connection is not left', 'silo-socket.js', 'session?.leave();', ''],
  [
    'the stamp is taken when the answer has come',
    'silo-socket.js',
    'const receivedAt = now();',
    'const receivedAt = now(); ask.stamp = this.#options.near.ledger.stamp();',
  ],
  [
    'the answer is kept that the silo does not let be kept',
    'contents.js',
    'mayKeep: (flags & 1) !== 0',
    'mayKeep: true',
  ],
  ['a stale value is kept', 'silo-socket.js', 'isFresh && entry !== undefined ? {', 'entry !== undefined ? {'],
  ['a value that was not stored is kept', 'silo-socket.js', ' || status !== CommitStatus.stored', ''],
  ["what is kept of a commit is its caller's", 'silo-socket.js', 'value: new Uint8Array(value)', 'value'],
  ['a second welcome is taken', 'silo-socket.js', 'if (this.#session !== undefined) {', 'if (false) {'],
  ['a push of another kind is passed over', 'contents.js', 'if (kind > 1)', 'if (false)'],
  ['a frame may be too long', 'frames.js', 'if (this.#at !== this.#bytes.length)', 'if (false)'],
  [
    'a client is closed, and connects anew',
    'silo-socket.js',
    /clearTimeout\(this\.#timer\);\s*const socket/,
    'const socket',
  ],
]

const here = new URL('.', import.meta.url).pathname
const built = join(here, '..', '..', 'dist', 'esm')
let isGreen = true
for (const [name, file, what, instead] of mutants) {
  const copy = mkdtempSync(join(tmpdir(), 'near-'))
  try {
    cpSync(built, copy, { recursive: true })
    const path = join(copy, 'near', file)
    const text = readFileSync(path, 'utf8')
    const mutated = text.replace(what, instead)
    if (mutated === text) {
      throw new Error(`${name}: the rule is not where it was in ${file}.`)
    }
    writeFileSync(path, mutated)
    mkdirSync(join(copy, 'node_modules'))
    symlinkSync(join(here, '..', '..', '..', 'node_modules', 'undici'), join(copy, 'node_modules', 'undici'))
    const env = { ...process.env, NEAR_DIST: `${pathToFileURL(join(copy, 'near')).href}/` }
    const by = ['traces', 'socket', 'closing', 'malformed'].find((tests) => {
      const path = join(here, `${tests}.test.mjs`)
      return (
        spawnSync(process.execPath, [path], { env, stdio: 'ignore', timeout: 20_000, killSignal: 'SIGKILL' }).status !==
        0
      )
    })
    console.log(`${by === undefined ? 'NOT CAUGHT' : 'caught'}: ${name}${by === undefined ? '' : ` (${by})`}`)
    isGreen &&= by !== undefined
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
process.exitCode = isGreen ? 0 : 1
