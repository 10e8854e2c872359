import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mutants } from './mutants.mjs'

const run = promisify(execFile)
const here = fileURLToPath(new URL('../', import.meta.url))

/**
 * The folders that an application is made of, each with what is taken of it, or all; a later one's file replaces an earlier one's.
 * Without cacheComponents an application cannot have what is made of `'use cache'`.
 */
const sources = {
  app: [['app']],
  isr: [
    [
      'app',
      'package.json',
      'package-lock.json',
      'app/layout.js',
      'app/page.js',
      'app/act',
      'app/api/do',
      'app/api/read',
      'lib',
    ],
    ['isr/app'],
  ],
}

const workspace = fileURLToPath(new URL('../../../../', import.meta.url))

/** Where the application is installed and built: outside the workspace, as an application of someone else is. */
export const work =
  process.env.CONFORMANCE_WORK ??
  join(tmpdir(), `orleans-tag-cache-conformance-${createHash('sha256').update(here).digest('hex').slice(0, 8)}`)

/** What an application is made of, each as where it lies and where it belongs. */
function partsOf(application) {
  return sources[application].flatMap(([folder, ...parts]) =>
    (parts.length === 0 ? ['.'] : parts).map((part) => [join(here, folder, part), part]),
  )
}

async function filesOf(directory) {
  if ((await stat(directory)).isFile()) return [directory]
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !/node_modules|\.next/.test(relative(directory, file)))
    .sort()
}

async function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(await readFile(file))
  return hash.digest('hex')
}

/** Does something unless it was done before with the same input. */
async function once(name, key, deed) {
  const mark = join(work, `${name}.done`)
  if ((await readFile(mark, 'utf8').catch(() => '')) === key) return
  await rm(mark, { force: true })
  await deed()
  await writeFile(mark, key)
}

/** Packs the packages as they are published. CONFORMANCE_PACKAGES names a directory with other ones. */
async function packed() {
  const given = process.env.CONFORMANCE_PACKAGES
  const target = given ?? join(work, 'packages')
  if (!given) {
    await rm(target, { recursive: true, force: true })
    await mkdir(target, { recursive: true })
    for (const name of ['client', 'next']) {
      await run('npm', ['pack', '--silent', '--pack-destination', target], { cwd: join(workspace, name) })
    }
  }
  return (await readdir(target)).filter((name) => name.endsWith('.tgz')).map((name) => join(target, name))
}

/** Installs an application, with the packages as they are published, and builds it. Gives its directory. */
export async function prepare({
  application = 'app',
  handler = 'ours',
  originUrl,
  log = () => {},
  install = [],
  mutant,
  environment = {},
}) {
  const app = join(work, application)
  await mkdir(app, { recursive: true })
  const files = []
  for (const [from, to] of partsOf(application)) {
    await cp(from, join(app, to), { recursive: true })
    files.push(...(await filesOf(from)))
  }
  const lock = await readFile(join(app, 'package-lock.json'), 'utf8')
  const packages = await packed()
  const packagesKey = await hashOf(packages)

  log('install')
  await once(`install-${application}`, lock, async () => {
    await rm(join(app, 'node_modules'), { recursive: true, force: true })
    await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: app })
    await rm(join(work, `packages-${application}.done`), { force: true })
  })
  await once(`packages-${application}`, packagesKey + install, async () => {
    // What a mutant has left behind would be kept: it has the version that is wanted.
    await rm(join(app, 'node_modules/@orleans-tag-cache'), { recursive: true, force: true })
    await rm(join(app, 'node_modules/.package-lock.json'), { force: true })
    await run(
      'npm',
      [
        'install',
        '--no-save',
        '--no-package-lock',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        '--legacy-peer-deps',
        ...packages,
        ...install,
      ],
      { cwd: app },
    )
  })

  if (mutant !== undefined) await mutate(application, mutant)
  log('build')
  const dist = `.next-${application}-${handler}`
  await once(`build${dist}`, lock + packagesKey + install + (await hashOf(files)), async () => {
    await rm(join(app, dist), { recursive: true, force: true })
    await next(app, ['build'], { HANDLER: handler, DIST_DIR: dist, ORIGIN_URL: originUrl, ...environment })
    // A start writes into the build; each run begins with a copy of it as it was made.
    await rm(join(work, `${dist}-made`), { recursive: true, force: true })
    await cp(join(app, dist), join(work, `${dist}-made`), { recursive: true })
  })
  return { directory: app, handler, dist }
}

/** Takes a rule out of the installed packages. The next run without it installs them anew. */
async function mutate(application, name) {
  const mutant = mutants[name]
  if (!mutant) throw new Error(`There is no mutant ${name}: ${Object.keys(mutants).join(', ')}.`)
  await rm(join(work, `packages-${application}.done`), { force: true })
  for (const [file, rule, instead] of mutant) {
    const path = join(work, application, 'node_modules/@orleans-tag-cache', file)
    const text = await readFile(path, 'utf8')
    if (text.split(rule).length !== 2) throw new Error(`${file} does not say once: ${rule}`)
    await writeFile(path, text.replace(rule, instead))
  }
}

/** A copy of a build for one instance, which does not see what another one writes into its files; with another build's id if one is named. */
export async function deploy({ directory, dist }, name, buildId) {
  const target = join(directory, `${dist}-${name}`)
  await rm(target, { recursive: true, force: true })
  await cp(join(work, `${dist}-made`), target, { recursive: true })
  if (buildId) await rename(target, 'conformance-build-a', buildId)
  return `${dist}-${name}`
}

/** Puts one build id in place of another of the same length, wherever it stands. */
async function rename(directory, from, to) {
  if (from.length !== to.length) throw new Error('Build ids must be of one length.')
  for (const file of await filesIn(directory)) {
    const text = await readFile(file, 'latin1')
    if (text.includes(from)) await writeFile(file, text.replaceAll(from, to), 'latin1')
  }
}

async function filesIn(directory) {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && !/\.(node|woff2?)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

async function next(app, args, environment) {
  try {
    return await run(process.execPath, [join(app, 'node_modules/next/dist/bin/next'), ...args], {
      cwd: app,
      maxBuffer: 64 << 20,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...environment },
    })
  } catch (error) {
    throw new Error(`next ${args.join(' ')} failed:\n${error.stdout}\n${error.stderr}`)
  }
}
