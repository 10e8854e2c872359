// A silo in this process that keeps the HTTP API's contract for one cluster of one, with a clock that a test can move.
import { createServer } from 'node:http'

const profiles = {
  default: [300, 900, Infinity],
  seconds: [30, 1, 60],
  minutes: [300, 60, 3_600],
  hours: [300, 3_600, 86_400],
  days: [300, 86_400, 604_800],
  weeks: [300, 604_800, 2_592_000],
  max: [300, 2_592_000, 31_536_000],
}

/** What several silos of one cluster share. */
export class FakeCluster {
  /** Moved on by a test; in milliseconds, on top of the real clock. */
  offset = 0
  stamp = 0
  entries = new Map()
  records = new Map()
  remembered = new Map()
  tokens = new Map()
  waiters = new Map()
  keyStamps = new Map()
  maximumPayload = 4_194_304
  #names = 0
  #watchers = new Set()

  now = () => performance.now() + this.offset

  /** Resolves when that holds; it is looked at whenever a silo was called or has answered. */
  until(condition) {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (condition()) {
            this.#watchers.delete(look)
            resolve()
          }
        } catch (error) {
          this.#watchers.delete(look)
          reject(error)
        }
      }
      this.#watchers.add(look)
      look()
    })
  }

  changed() {
    for (const look of [...this.#watchers]) {
      look()
    }
  }

  nameToken() {
    return `token-${++this.#names}`
  }

  verdict(tags, stamp, records = this.records) {
    let stale = false
    for (const tag of tags) {
      const record = records.get(tag)
      if (record === undefined) {
        continue
      }
      if (record.expired > stamp || record.stalings.some((s) => s.stamp > stamp && s.until <= this.now())) {
        return 'expired'
      }
      stale ||= record.stalings.some((s) => s.stamp > stamp)
    }
    return stale ? 'stale' : 'fresh'
  }

  update(tags, expireAfter, remember) {
    const stamp = ++this.stamp
    for (const records of remember ? [this.records, this.remembered] : [this.records]) {
      for (const tag of tags) {
        const record = records.get(tag) ?? { expired: 0, stalings: [] }
        if (expireAfter === 0) {
          record.expired = stamp
        } else {
          record.stalings.push({ stamp, until: this.now() + expireAfter * 1_000 })
        }
        records.set(tag, record)
      }
    }
  }

  release(key) {
    const next = this.waiters.get(key) ?? []
    this.waiters.delete(key)
    for (const waiter of next) {
      waiter()
    }
  }
}

export class FakeSilo {
  calls = []
  /** Set by a test: answers instead of the silo, and returns true if it has. */
  intercept = () => false
  #server
  #sockets = new Set()

  constructor(cluster = new FakeCluster(), name = 'a') {
    this.cluster = cluster
    this.name = name
    this.#server = createServer((request, response) => {
      void this.#answer(request, response)
    })
    // As behind a proxy that lets no WebSocket pass: calls go over HTTP.
    this.#server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      // A client that has given up resets its connection.
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  async start(port = 0) {
    await new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.port = this.#server.address().port
    this.url = `http://127.0.0.1:${this.port}`
    return this
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) {
      socket.destroy()
    }
    await closed
  }

  count(method, path) {
    return this.calls.filter((c) => c.method === method && c.path === path).length
  }

  /** Resolves when so many such calls have arrived since the start. */
  called(method, path, count = 1) {
    return this.cluster.until(() => this.count(method, path) >= count)
  }

  async #answer(request, response) {
    try {
      await this.#serve(request, response)
    } catch (error) {
      response.statusCode = 500
      response.end(String(error))
    }
    this.cluster.changed()
  }

  async #serve(request, response) {
    const url = new URL(request.url, this.url)
    const asOf = `${this.name}.${++this.cluster.stamp}`
    const chunks = []
    for await (const chunk of request) {
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks)
    const call = { method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers, body }
    this.calls.push(call)
    this.cluster.changed()
    if (await this.intercept(call, response)) {
      return
    }
    const route = `${request.method} ${url.pathname}`
    if (route === 'GET /v1/entry') {
      await this.#get(call, response, asOf)
    } else if (route === 'PUT /v1/entry') {
      this.#put(call, response)
    } else if (route === 'DELETE /v1/entry') {
      this.cluster.entries.delete(call.query.get('key'))
      this.cluster.keyStamps.set(call.query.get('key'), ++this.cluster.stamp)
      response.writeHead(204).end()
    } else if (route === 'POST /v1/entry/abandon') {
      const key = call.query.get('key')
      const token = this.cluster.tokens.get(key)
      if (token?.name !== call.headers['tag-cache-token']) {
        problem(response, 409, 'unknown_token')
        return
      }
      this.cluster.tokens.delete(key)
      this.cluster.release(key)
      response.writeHead(204).end()
    } else if (url.pathname === '/v1/tags/update' || url.pathname === '/v1/tags/revalidate') {
      const { tags, expire, profile, remember } = JSON.parse(body.toString())
      if (tags.length > 1_024 || tags.some((t) => t.length === 0 || t.length > 256)) {
        problem(response, 400, 'invalid_argument')
        return
      }
      const after = url.pathname.endsWith('update') ? 0 : (expire ?? (profile ? profiles[profile][2] : 0))
      this.cluster.update(tags, after, remember === true)
      json(response, { tags: tags.length, members: 1, elapsedMs: 0.1 })
    } else {
      problem(response, 404, 'not_found')
    }
  }

  async #get(call, response, asOf) {
    const { cluster } = this
    const key = call.query.get('key')
    const soft = call.query.getAll('soft')
    const until = performance.now() + Number(call.query.get('wait') ?? 10) * 1_000
    response.setHeader('tag-cache-as-of', asOf)
    for (;;) {
      const entry = cluster.entries.get(key)
      let state = 'miss'
      if (entry !== undefined) {
        const age = (cluster.now() - entry.madeAt) / 1_000
        const verdicts = [
          cluster.verdict(entry.tags, entry.stamp),
          cluster.verdict(soft, entry.stamp, cluster.remembered),
        ]
        state =
          age > entry.life[2] || verdicts.includes('expired')
            ? 'miss'
            : age > entry.life[1] || verdicts.includes('stale')
              ? 'stale'
              : 'fresh'
        if (state !== 'miss') {
          const left = Math.floor(Math.min(entry.life[1] - age, 2 ** 31))
          const ttl = state === 'stale' ? Math.min(left, -1) : left
          if (state === 'stale') {
            this.#grant(key, call, response)
          }
          response.setHeader('cache-status', `OrleansTagCache; hit; ttl=${ttl}`)
          response.setHeader('age', String(Math.floor(age)))
          response.setHeader('tag-cache-age', String(Math.ceil(age * 1e6) / 1e3))
          response.setHeader('content-type', entry.contentType)
          response.writeHead(200).end(entry.value)
          return
        }
      }
      if (this.#grant(key, call, response)) {
        response.setHeader('cache-status', 'OrleansTagCache; fwd=miss')
        problem(response, 404, 'not_found')
        return
      }
      const left = until - performance.now()
      if (left <= 0) {
        response.setHeader('cache-status', 'OrleansTagCache; fwd=miss; detail=busy')
        problem(response, 404, 'not_found')
        return
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left)
        const waiters = cluster.waiters.get(key) ?? []
        cluster.waiters.set(key, [
          ...waiters,
          () => {
            clearTimeout(timer)
            resolve()
          },
        ])
      })
    }
  }

  #grant(key, call, response) {
    const { cluster } = this
    const held = cluster.tokens.get(key)
    if (held !== undefined && held.until > cluster.now()) {
      return false
    }
    const lease = Math.min(Number(call.query.get('lease') ?? 30), 30)
    const token = {
      name: cluster.nameToken(),
      stamp: ++cluster.stamp,
      until: cluster.now() + lease * 1_000,
      at: cluster.now(),
    }
    cluster.tokens.set(key, token)
    response.setHeader('tag-cache-token', token.name)
    return true
  }

  #put(call, response) {
    const { cluster } = this
    const key = call.query.get('key')
    const name = call.headers['tag-cache-token']
    const since = call.query.get('since')
    const held = cluster.tokens.get(key)
    const isHolder = name !== undefined && held?.name === name && held.until > cluster.now()
    if (isHolder) {
      // Used up, whatever the answer.
      cluster.tokens.delete(key)
    }
    const answer = this.#judge(call, key, { name, since, held, isHolder })
    if (isHolder || answer === undefined) {
      cluster.release(key)
    }
    if (answer === undefined) {
      response.writeHead(204).end()
    } else {
      problem(response, ...answer)
    }
  }

  #judge(call, key, { name, since, held, isHolder }) {
    const { cluster } = this
    const length = Number(call.headers['tag-cache-head'] ?? 0)
    const head =
      length > 0
        ? JSON.parse(call.body.subarray(0, length).toString())
        : { tags: call.query.getAll('tag'), life: 'default' }
    const value = call.body.subarray(length)
    if (
      head.tags.length > 1_024 ||
      head.tags.some((t) => t.length === 0 || t.length > 256 || t === '*' || /[\p{Cc}\p{Cs}]/u.test(t))
    ) {
      return [400, 'invalid_argument']
    }
    if (name !== undefined && since !== null) {
      return [400, 'invalid_argument']
    }
    if (value.byteLength > cluster.maximumPayload) {
      return [413, 'payload_too_large']
    }
    if (name !== undefined && !isHolder) {
      return [409, 'unknown_token']
    }
    let stamp = ++cluster.stamp
    let madeAt = cluster.now()
    if (isHolder) {
      ;({ stamp, at: madeAt } = held)
    } else if (since !== null) {
      const [silo, number] = since.split('.')
      if (silo !== this.name) {
        return [409, 'unknown_moment']
      }
      stamp = Number(number)
    }
    const stored = cluster.entries.get(key)
    if (stored !== undefined && stored.stamp > stamp) {
      return [409, 'superseded']
    }
    if (cluster.verdict(head.tags, stamp) === 'expired' || (cluster.keyStamps.get(key) ?? 0) > stamp) {
      return [409, 'superseded']
    }
    const life =
      head.life !== undefined
        ? profiles[head.life]
        : [head.stale ?? 300, head.revalidate ?? head.expire ?? 900, head.expire ?? Infinity]
    if (life === undefined || life.some((s) => !(s >= 0)) || life[1] > life[2]) {
      return [400, 'invalid_argument']
    }
    cluster.entries.set(key, { value, tags: head.tags, life, stamp, madeAt, contentType: call.headers['content-type'] })
    return undefined
  }
}

function problem(response, status, code) {
  response.setHeader('content-type', 'application/problem+json')
  response.writeHead(status).end(JSON.stringify({ status, code, title: code, detail: code }))
}

function json(response, value) {
  response.setHeader('content-type', 'application/json')
  response.writeHead(200).end(JSON.stringify(value))
}
