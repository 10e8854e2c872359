import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { Child, endChildren, freePorts } from '../../../js/next/test/conformance/harness/children.mjs'
import { Silos } from '../../../js/next/test/conformance/harness/silos.mjs'

const here = fileURLToPath(new URL('../', import.meta.url))

/** Two silos, the shop in .NET, two instances of the shop in Next.js, and a browser. If one of them does not start, the others are ended. */
export async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'next-shop-'))
  try {
    return await startIn(folder)
  } catch (error) {
    await endChildren()
    await rm(folder, { recursive: true })
    throw error
  }
}

async function startIn(folder) {
  const silos = await Silos.start(2)
  const [net, ...ports] = (await freePorts(3)).map(String)
  const storefront = `http://127.0.0.1:${net}`
  await Child.start(
    'the shop in .NET',
    'dotnet',
    [program(), '--urls', storefront, `--Redis=${silos.redis}`, `--Database=${join(folder, 'shop.db')}`, `--Keys=${join(folder, 'keys')}`],
    { ready: 'Application started.', cwd: folder },
  )
  const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', OTC_URL: silos.urls.join(), STOREFRONT: storefront }
  for (const port of ports) {
    await Child.start(`Next.js on port ${port}`, process.execPath, [join(here, 'node_modules/next/dist/bin/next'), 'start', '-H', '127.0.0.1', '-p', port], {
      ready: 'Ready in',
      cwd: here,
      env: environment,
    })
  }
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  return {
    silos,
    storefront,
    ports,
    instances: ports.map((port) => `http://127.0.0.1:${port}`),
    page: await browser.newPage(),
    async close() {
      await browser.close()
      await endChildren()
      await rm(folder, { recursive: true })
    },
  }
}

function program() {
  const built = ['Debug', 'Release'].map((configuration) => join(here, `../Storefront/bin/${configuration}/net10.0/Storefront.dll`)).find(existsSync)
  if (!built) throw new Error('Build the shop in .NET first: dotnet build samples/Storefront')
  return built
}
