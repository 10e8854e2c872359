import { join } from 'node:path'
import { Child, freePorts } from './children.mjs'

/** A `next start` of the application, and the calls that tests make of it. */
export class Instance {
  #child
  #port
  #start
  #action

  static async start(app, { name, dist, originUrl, otcUrl, environment = {}, nodeArguments = [] }) {
    const instance = new Instance()
    ;[instance.#port] = await freePorts(1)
    instance.name = name
    instance.#start = () =>
      Child.start(
        `next ${name}`,
        process.execPath,
        [
          ...nodeArguments,
          join(app.directory, 'node_modules/next/dist/bin/next'),
          'start',
          '-H',
          '127.0.0.1',
          '-p',
          `${instance.#port}`,
        ],
        {
          ready: 'Ready in',
          cwd: app.directory,
          env: {
            ...process.env,
            NEXT_TELEMETRY_DISABLED: '1',
            HANDLER: app.handler,
            DIST_DIR: dist,
            ORIGIN_URL: originUrl,
            ...(otcUrl === undefined ? {} : { OTC_URL: otcUrl }),
            ...environment,
          },
        },
      )
    await instance.restart()
    return instance
  }

  async restart() {
    this.#child = await this.#start()
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`
  }

  get pid() {
    return this.#child.pid
  }

  get output() {
    return this.#child.output
  }

  says(text) {
    return this.#child.says(text)
  }

  /** Waits until it says that anew. */
  saysNext(text) {
    return this.#child.saysNext(text)
  }

  send(signal) {
    this.#child.send(signal)
  }

  stop() {
    return this.#child.stop()
  }

  kill() {
    return this.#child.kill()
  }

  fetch(path, init = {}) {
    return fetch(this.url + path, { redirect: 'manual', signal: AbortSignal.timeout(20_000), ...init })
  }

  /** Calls a cached function in a route handler, and gives what it gave. */
  async read(fn, ...args) {
    return (await this.timedRead(fn, ...args)).value
  }

  /** As `read`, with how long the function took there, and how long the request took here, in ms. */
  async timedRead(fn, ...args) {
    const start = performance.now()
    const answer = await this.fetch('/api/read', { method: 'POST', body: JSON.stringify({ fn, args }) })
    const text = await answer.text()
    if (answer.status !== 200)
      throw new Error(`${this.name}: reading ${fn} was answered with ${answer.status}: ${text.slice(0, 500)}`)
    return { ...JSON.parse(text), request: performance.now() - start }
  }

  /** Does steps in a route handler, and gives what the reads among them gave. */
  async do(...steps) {
    const answer = await this.fetch('/api/do', { method: 'POST', body: JSON.stringify(steps) })
    const text = await answer.text()
    if (answer.status !== 200)
      throw new Error(
        `${this.name}: ${JSON.stringify(steps).slice(0, 200)} was answered with ${answer.status}: ${text.slice(0, 500)}`,
      )
    return JSON.parse(text).results
  }

  /** A page's status, the value that it shows, and what Next says of its cache. */
  async page(path, init) {
    const answer = await this.fetch(path, init)
    const html = await answer.text()
    return {
      status: answer.status,
      cache: answer.headers.get('x-nextjs-cache'),
      location: answer.headers.get('location'),
      value: valueIn(html),
      html,
      headers: answer.headers,
    }
  }

  /** As `page`, of the data that the router in browsers asks for; with `segment`, of one segment as it prefetches it. */
  async data(path, segment) {
    const headers = { RSC: '1' }
    if (segment !== undefined) {
      Object.assign(headers, { 'Next-Router-Prefetch': '1', 'Next-Router-Segment-Prefetch': segment })
    }
    const answer = await this.fetch(path, { headers, redirect: 'follow' })
    const text = await answer.text()
    return {
      status: answer.status,
      cache: answer.headers.get('x-nextjs-cache'),
      value: valueIn(text),
      text,
      headers: answer.headers,
    }
  }

  /** The page of a cached function's value, which reads it at each request. */
  async show(fn, name, spec = {}) {
    const query = new URLSearchParams({ fn, spec: JSON.stringify(spec) })
    return (await this.page(`/page/${encodeURIComponent(name)}?${query}`)).value
  }

  /** Does steps in a server action, as a script in a browser does it: gives its status, the headers and what the reads gave. */
  async act(steps, { path = '/act', cookie } = {}) {
    this.#action ??= await this.#findAction()
    const answer = await this.fetch(path, {
      method: 'POST',
      headers: {
        'Next-Action': this.#action,
        Accept: 'text/x-component',
        'Content-Type': 'text/plain;charset=UTF-8',
        ...(cookie ? { Cookie: cookie } : {}),
      },
      body: JSON.stringify([steps]),
    })
    const text = await answer.text()
    const results = /^1:(\[.*\])$/m.exec(text)?.[1]
    return {
      status: answer.status,
      headers: answer.headers,
      results: results === undefined ? undefined : JSON.parse(results),
      text,
    }
  }

  /** Does steps in a server action, as a form without a script does it: gives the page that follows. */
  async submit(steps, path = '/act') {
    this.#action ??= await this.#findAction()
    const form = new FormData()
    form.set(`$ACTION_ID_${this.#action}`, '')
    form.set('steps', JSON.stringify(steps))
    return this.page(path, { method: 'POST', body: form })
  }

  async #findAction() {
    const html = await (await this.fetch('/act')).text()
    const id = /\$ACTION_ID_([0-9a-f]+)/.exec(html)?.[1]
    if (!id) throw new Error(`${this.name}: /act has no form with an action:\n${html.slice(0, 2000)}`)
    return id
  }
}

function valueIn(text) {
  const values = [...text.matchAll(/data-value(?:=|":)"([^"]*)"/g)]
  return values.length === 0 ? undefined : JSON.parse(decodeURIComponent(values.at(-1)[1]))
}
