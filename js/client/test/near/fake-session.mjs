// A silo of one connection: it welcomes, and answers what it is told to answer.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

export class FakeSession {
  static async start() {
    const fake = new FakeSession()
    fake.server = createServer((request, response) => fake.#called(request, response))
    fake.frames = []
    fake.calls = []
    fake.waiters = []
    fake.pongs = []
    fake.sockets = []
    fake.grant = 2_000
    fake.silo = 'S127.0.0.1:1:1'
    // A client that has given up resets its connection.
    fake.server.on('connection', (socket) => socket.on('error', () => {}))
    fake.server.on('upgrade', (request, socket) => fake.#upgrade(request, socket))
    fake.server.listen(0, '127.0.0.1')
    await once(fake.server, 'listening')
    fake.url = `http://127.0.0.1:${fake.server.address().port}`
    return fake
  }

  /** The next frame of that kind, of any connection. */
  async next(kind) {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame.kind === kind)
      if (at >= 0) {
        return this.frames.splice(at, 1)[0]
      }
      await new Promise((resolve) => this.waiters.push(resolve))
    }
  }

  /** Resolves when the client has taken in all that was sent to it until now. */
  async heard() {
    const socket = this.sockets.at(-1)
    const pong = new Promise((resolve) => this.pongs.push(resolve))
    socket.write(Buffer.from([0x89, 0]))
    await pong
  }

  /** The next call over HTTP; to be answered. */
  async called() {
    while (this.calls.length === 0) {
      await new Promise((resolve) => this.waiters.push(resolve))
    }
    return this.calls.shift()
  }

  /** Answers an `acquire` with a value that may be kept. */
  entry(
    request,
    { value = 'one', tags = [], mayKeep = true, isLost = false, grant = this.grant, token = '', fresh = 900 } = {},
  ) {
    this.send(65, request, [
      u8(0),
      u8((mayKeep ? 1 : 0) | (isLost ? 2 : 0)),
      u32(grant),
      text(''),
      text(token),
      text(''),
      f64(0),
      f64(300),
      f64(fresh),
      f64(Number.POSITIVE_INFINITY),
      text('text/plain'),
      u16(tags.length),
      ...tags.map(text),
      Buffer.from(value),
    ])
  }

  miss(request, token = '') {
    this.send(65, request, [u8(2), u8(0), u32(0), text(''), text(token), text('')])
  }

  /** Answers a `commit`. */
  stored(request, { mayKeep = true } = {}) {
    this.send(66, request, [u8(0), u8(mayKeep ? 1 : 0), u32(this.grant), u32(0)])
  }

  refuse(request, status, code) {
    this.send(67, request, [u16(status), text(code), text('Refused.')])
  }

  push(number, tags) {
    this.send(68, 0, [u64(number), u8(0), u16(tags.length), ...tags.flatMap((tag) => [u8(0), text(tag)])])
  }

  send(kind, request, parts, socket = this.sockets.at(-1)) {
    const body = Buffer.concat([u8(kind), u32(request), ...parts])
    socket.write(messageOf(Buffer.concat([u32(body.length), body])))
  }

  /** Sends a frame as a silo has written it; with another number of the request. */
  sendRaw(frame, request, socket = this.sockets.at(-1)) {
    const copy = Buffer.from(frame)
    if (request !== undefined) {
      copy.writeUInt32BE(request, 5)
    }
    socket.write(messageOf(copy))
  }

  cut() {
    for (const socket of this.sockets) {
      socket.destroy()
    }
  }

  stop() {
    this.cut()
    this.server.close()
  }

  async #called(request, response) {
    if (!this.takesCalls) {
      response.writeHead(503).end()
      return
    }
    const parts = await request.toArray()
    const answer = (status, headers = {}) => response.writeHead(status, headers).end()
    this.calls.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(parts),
      answer,
    })
    this.#wake()
  }

  #wake() {
    for (const waiter of this.waiters.splice(0)) {
      waiter()
    }
  }

  #upgrade(request, socket) {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    this.headers = request.headers
    this.keeps = this.gives === true || !request.url.endsWith('?keep=false')
    this.sockets.push(socket)
    socket.on('error', () => {})
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: orleans-tag-cache.v1\r\n\r\n`,
    )
    let rest = Buffer.alloc(0)
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data])
      for (;;) {
        const short = rest.length < 2 ? 0 : rest[1] & 0x7f
        const head = short === 126 ? 4 : short === 127 ? 10 : 2
        if (rest.length < head) {
          return
        }
        const length = head === 4 ? rest.readUInt16BE(2) : head === 10 ? Number(rest.readBigUInt64BE(2)) : short
        if (rest.length < head + 4 + length) {
          return
        }
        const [mask, body] = [rest.subarray(head, head + 4), Buffer.from(rest.subarray(head + 4, head + 4 + length))]
        const opcode = rest[0] & 0xf
        rest = rest.subarray(head + 4 + length)
        body.forEach((byte, i) => {
          body[i] = byte ^ mask[i & 3]
        })
        if (opcode === 10) {
          this.pongs.shift()()
        } else if (opcode === 8) {
          socket.end(Buffer.from([0x88, 0]))
        } else if (opcode === 2) {
          this.#heard({ kind: body[4], request: body.readUInt32BE(5), body: body.subarray(9), raw: body }, socket)
        }
      }
    })
  }

  #heard(frame, socket) {
    if (frame.kind === 1 && this.welcome !== undefined) {
      this.sendRaw(this.welcome, undefined, socket)
    } else if (frame.kind === 1) {
      this.send(
        64,
        frame.request,
        [
          u8(1),
          text(this.silo),
          text('default'),
          u64(this.keeps ? 1 : 0),
          u32(this.keeps ? this.grant : 0),
          u32(1 << 20),
          u16(this.mostRequests ?? 256),
          u16(1),
          text(this.silo),
        ],
        socket,
      )
    }
    if (frame.kind === 7) {
      this.send(66, frame.request, [u8(0), u8(0), u32(this.keeps ? this.grant : 0), u32(0)], socket)
    }
    this.frames.push(frame)
    this.#wake()
  }
}

const messageOf = (frame) =>
  Buffer.concat([
    frame.length < 126
      ? Buffer.from([0x82, frame.length])
      : Buffer.concat([Buffer.from([0x82, 126]), u16(frame.length)]),
    frame,
  ])
const u8 = (value) => Buffer.from([value])
const u16 = (value) => {
  const b = Buffer.alloc(2)
  b.writeUInt16BE(value)
  return b
}
const u32 = (value) => {
  const b = Buffer.alloc(4)
  b.writeUInt32BE(value)
  return b
}
const u64 = (value) => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64BE(BigInt(value))
  return b
}
const f64 = (value) => {
  const b = Buffer.alloc(8)
  b.writeDoubleBE(value)
  return b
}
const text = (value) => Buffer.concat([u16(Buffer.byteLength(value)), Buffer.from(value)])
