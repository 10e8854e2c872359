// Builds the package of the working directory twice: ES modules into dist/esm, CommonJS into dist/cjs.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')

rmSync('dist', { recursive: true, force: true })
for (const [project, folder, type] of [
  ['tsconfig.json', 'esm', 'module'],
  ['tsconfig.cjs.json', 'cjs', 'commonjs'],
]) {
  execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' })
  mkdirSync(join('dist', folder), { recursive: true })
  writeFileSync(join('dist', folder, 'package.json'), `{ "type": "${type}" }\n`)
  if (existsSync('src/here.d.ts')) {
    // The one thing that the two say in different words.
    const here =
      type === 'module'
        ? "import { fileURLToPath } from 'node:url'\nexport const here = fileURLToPath(new URL('.', import.meta.url))\n"
        : 'exports.here = __dirname\n'
    writeFileSync(join('dist', folder, 'here.js'), here)
  }
}
copyFileSync(new URL('../LICENSE', import.meta.url), 'LICENSE')
