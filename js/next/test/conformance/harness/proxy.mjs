import http from 'node:http'

const requestsKept = 10_000

/** Passes HTTP on to a silo, notes what was asked, and answers itself what a test wants it to. */
export class SiloProxy {
  #agent = new http.Agent({ keepAlive: true })
  #server
  #target

  /** What was asked: `{ method, path, query, body }`. */
  requests = []

  /** Given a request, what to do instead of passing it on: `{ status, body }`, `'hang'`, or nothing. */
  instead = () => undefined

  static async start(target) {
    const proxy = new SiloProxy()
    proxy.#target = new URL(target)
    proxy.#server = http.createServer((request, response) => proxy.#pass(request, response))
    // So that everything goes over HTTP, where it can be seen.
    proxy.#server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'))
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  /** Forgets what was asked, does something, and gives what was asked meanwhile. */
  async during(deed) {
    this.requests = []
    await deed()
    return this.requests
  }

  async close() {
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #pass(request, response) {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { pathname, searchParams } = new URL(request.url, this.#target)
    const seen = { method: request.method, path: pathname, query: searchParams, headers: request.headers, body }
    if (this.requests.length < requestsKept) this.requests.push(seen)

    const instead = this.instead(seen)
    if (instead === 'hang') return
    if (instead) {
      response
        .writeHead(instead.status, { 'Content-Type': 'application/problem+json' })
        .end(JSON.stringify(instead.body ?? {}))
      return
    }

    const { hostname, port } = this.#target
    const passed = http.request({
      agent: this.#agent,
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: request.headers,
    })
    passed.on('error', () => response.destroy())
    passed.on('response', (answer) => {
      seen.status = answer.statusCode
      seen.gave = answer.headers['tag-cache-token'] !== undefined
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    passed.end(body)
  }
}
