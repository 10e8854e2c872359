import { AsyncResource } from 'node:async_hooks'
import { WebSocket } from 'undici'
import { now } from '../clock.js'
import type { Silo } from '../connection.js'
import { TagCacheError } from '../errors.js'
import type { Acquire, Commit, Found, Pending, Request, SocketOptions } from './calls.js'
import { readDone, readEntry, readPush, readRefusal, readSilos } from './contents.js'
import { CommitStatus, EntryStatus, FrameReader, FrameWriter, Kind, version } from './frames.js'
import type { Answered, Ask } from './near-cache.js'
import { openSocket } from './open-socket.js'
import { SiloSession, type Terms } from './silo-session.js'

const firstPause = 100
const longestPause = 5_000
const shortestPeriod = 50
const periodWithoutGrant = 1_000
const periodWithoutSession = 10_000
const farewell = 1_000
const mostTimeouts = 2
// Of the requests that a silo takes at a time, those that are left for tokens that are given back, and for renewals.
const spare = 8
// Bytes that the silo has not taken yet; what is more goes over HTTP.
const mostUnsent = 32 * 1024 * 1024

// Sockets and timers belong to the process, and not to the request in whose course they are made.
const apart = new AsyncResource('OrleansTagCacheSession')

/**
 * The connection to one silo, and the session with it. It is opened anew whenever it is lost, after a pause that doubles from 0.1 s up to 5 s; what was
 * kept under the session of the lost one ends at once. It does not keep the process alive.
 */
export class SiloSocket {
  readonly #options: SocketOptions
  readonly #pending = new Map<number, Pending>()
  #socket: WebSocket | undefined
  #destroy: () => void = () => {}
  #session: SiloSession | undefined
  #namespace = ''
  #request = 0
  #pause = firstPause
  #timeouts = 0
  #mostInFlight = 0
  #largestFrame = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: SocketOptions) {
    this.#options = options
    apart.runInAsyncScope(() => this.#connect())
  }

  /** The silo as the client without near knows it. */
  get source(): Silo {
    return this.#options.silo
  }

  /** The silo's name in the cluster, while there is a connection; else undefined. */
  get silo(): string | undefined {
    return this.#session?.silo
  }

  /** Whether a request may be sent. */
  get isReady(): boolean {
    return this.#session !== undefined && this.#pending.size < this.#mostInFlight
  }

  async acquire(key: string, options: Acquire): Promise<Found> {
    const soft = options.soft
    const frame = this.#frame(Kind.acquire)
      .byte(2)
      .int(Math.round(options.wait))
      .int(options.lease)
      .text(key)
      .texts(soft)
    // Before it is sent: what is updated from now on is newer than the answer, and the grant counts from here.
    const ask = this.#options.near.ask(now())
    const session = this.#session as SiloSession
    const read = (answer: FrameReader): Found | undefined => {
      const receivedAt = now()
      const { status, terms, token, asOf, entry } = readEntry(answer, ask)
      if (asOf !== '') {
        this.source.moments.add(receivedAt, asOf)
      }
      const isFresh = status === EntryStatus.fresh
      this.#heard(session, terms, ask, isFresh && entry !== undefined ? { key, answered: entry, soft } : undefined)
      const found = isFresh ? 'fresh' : entry !== undefined ? 'stale' : 'miss'
      return status === EntryStatus.notServing ? undefined : { status: found, entry, token, ask, receivedAt }
    }
    const found = await this.#send(frame, { timeout: options.timeout, answer: Kind.entry, read, readKey: key })
    if (found === undefined) {
      throw new TagCacheError('unavailable', 'The silo does not serve at this moment.')
    }
    return found
  }

  /** Stores what was made under a token, and keeps it if it may be. */
  async commit(key: string, value: Uint8Array, options: Commit): Promise<'stored' | 'superseded' | 'unknown_token'> {
    const frame = this.#frame(Kind.commit, value.byteLength + 1_024)
      .text(key)
      .text(options.token)
      .text(options.contentType)
    if (typeof options.life === 'string') {
      frame.byte(1).text(options.life)
    } else {
      frame.byte(2).double(options.life.stale).double(options.life.revalidate).double(options.life.expire)
    }
    frame.texts(options.tags).rest(value)
    const { life, contentType, tags } = options
    // Its own: the caller may write over the value before the answer comes. A profile is the silo's: for how long it is fresh is not known here.
    const own = typeof life === 'string' ? undefined : { value: new Uint8Array(value), fresh: life.revalidate * 1_000 }
    const at = now()
    const session = this.#session as SiloSession
    const { stamp, at: madeAt } = options.ask
    const read = (answer: FrameReader): number => {
      const { status, terms } = readDone(answer)
      const answered: Answered | undefined =
        own === undefined || status !== CommitStatus.stored
          ? undefined
          : { value: own.value, contentType, tags, madeAt, freshUntil: madeAt + own.fresh }
      // The stamp from before the token was asked for: the value was made after it.
      this.#heard(session, terms, { stamp, at }, answered === undefined ? undefined : { key, answered, soft: [] })
      return status
    }
    const status = await this.#send(frame, { timeout: options.timeout, answer: Kind.done, read })
    if (status === CommitStatus.notServing) {
      throw new TagCacheError('unavailable', 'The silo does not serve at this moment. Nothing was stored.')
    }
    return status === CommitStatus.stored
      ? 'stored'
      : status === CommitStatus.superseded
        ? 'superseded'
        : 'unknown_token'
  }

  /** Gives a token back. */
  async abandon(key: string, token: string, timeout: number): Promise<void> {
    const frame = this.#frame(Kind.abandon).text(key).text(token)
    await this.#send(frame, { timeout, answer: Kind.done, read: readDone, more: spare })
  }

  /** Leaves the session, and says so: no update has to wait for this process. */
  close(): void {
    this.#isClosed = true
    // Between two connections there is none to close, and the next must not be opened.
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#lost(socket, new TagCacheError('closed', 'The client was closed.'), true)
    socket?.close()
  }

  #connect(): void {
    const { silo, key, timeout, keeps } = this.#options
    const { socket, destroy, unref } = openSocket(silo.origin, key, timeout, keeps)
    this.#socket = socket
    this.#destroy = destroy
    const helloAt = now()
    this.#later(timeout, () =>
      this.#drop(socket, new TagCacheError('timeout', 'The silo did not welcome this process.')),
    )
    socket.onopen = () => {
      unref()
      socket.send(new FrameWriter(Kind.hello, 0).byte(version).text(`node/${process.pid}`).end())
    }
    socket.onmessage = (event) => {
      if (socket !== this.#socket) {
        return
      }
      try {
        this.#received(socket, new FrameReader(event.data as ArrayBuffer), helloAt)
      } catch (error) {
        this.#drop(socket, new TagCacheError('protocol', 'A frame of the silo cannot be read.', { cause: error }))
      }
    }
    socket.onerror = () => {}
    socket.onclose = () => {
      this.#lost(socket, new TagCacheError('unreachable', 'The connection to the silo was lost.'))
    }
  }

  #received(socket: WebSocket, frame: FrameReader, helloAt: number): void {
    switch (frame.kind) {
      case Kind.welcome:
        this.#welcomed(frame, helloAt)
        break
      case Kind.push:
        this.#pushed(socket, frame)
        break
      case Kind.end:
        this.#lost(socket, new TagCacheError('unavailable', 'The silo has ended the session.'), true)
        socket.close()
        break
      case Kind.silos:
        this.#options.onSilos(readSilos(frame), this.#namespace)
        break
      default: {
        const pending = this.#pending.get(frame.request)
        if (pending === undefined) {
          this.#gaveUp(frame)
        } else {
          this.#timeouts = 0
          this.source.breaker?.succeeded()
          this.#pending.delete(frame.request)
          pending.settle(frame)
        }
      }
    }
  }

  #welcomed(frame: FrameReader, helloAt: number): void {
    if (this.#session !== undefined) {
      throw new TagCacheError('protocol', 'The silo welcomes twice.')
    }
    if (frame.byte() !== version) {
      throw new TagCacheError('protocol', 'The silo speaks another version.')
    }
    const { keeps } = this.#options
    const silo = frame.text()
    this.#namespace = frame.text()
    const [id, grant] = [frame.long(), frame.int()]
    this.#largestFrame = frame.int()
    this.#mostInFlight = Math.max(1, frame.short() - spare)
    const silos = readSilos(frame)
    this.#session = new SiloSession(this.#options.near, silo, id, helloAt, grant, this.source)
    this.#pause = firstPause
    this.#timeouts = 0
    this.#options.onSilos(silos, this.#namespace)
    if (keeps && this.#session.isOver) {
      // It answers, and lets nothing be kept: it has too many sessions, or does not serve yet.
      const socket = this.#socket
      this.#later(longestPause, () =>
        this.#drop(socket, new TagCacheError('unreachable', 'A session is asked for anew.')),
      )
    } else {
      this.#renewLater()
    }
  }

  #pushed(socket: WebSocket, frame: FrameReader): void {
    const { number, tags, keys } = readPush(frame)
    const isNext =
      this.#session?.pushed(number, tags, keys, (applied) =>
        socket.send(new FrameWriter(Kind.acknowledge, 0, 8).long(applied).end()),
      ) ?? false
    if (!isNext) {
      this.#drop(socket, new TagCacheError('protocol', 'A push is missing.'))
    }
  }

  /** An answer that nobody waits for any more may bear the key's one token. */
  #gaveUp(frame: FrameReader): void {
    if (frame.kind !== Kind.entry) {
      return
    }
    const { token } = readEntry(frame, this.#options.near.ask(now()))
    const late = this.#late.get(frame.request)
    this.#late.delete(frame.request)
    if (token !== '' && late !== undefined && this.#session !== undefined) {
      this.abandon(late, token, this.#options.timeout).catch(() => {})
    }
  }

  // The keys of reads that were given up, the oldest first.
  readonly #late = new Map<number, string>()

  #heard(
    session: SiloSession,
    terms: Terms,
    ask: Ask,
    value?: { readonly key: string; readonly answered: Answered; readonly soft: readonly string[] },
  ): void {
    const isNews = !session.isOver
    session.answered(terms, ask, value)
    if (terms.isLost && isNews && session === this.#session) {
      this.#drop(this.#socket, new TagCacheError('unavailable', 'The silo does not know the session any more.'))
    }
  }

  #frame(kind: Kind, room?: number): FrameWriter {
    this.#request = (this.#request + 1) % 0x7fff_ffff || 1
    return new FrameWriter(kind, this.#request, room)
  }

  #send<T>(frame: FrameWriter, call: Request<T>): Promise<T> {
    const [socket, request, bytes] = [this.#socket, this.#request, frame.end()]
    const hasRoom = this.#pending.size < this.#mostInFlight + (call.more ?? 0)
    if (socket === undefined || this.#session === undefined || !hasRoom || socket.bufferedAmount > mostUnsent) {
      return Promise.reject(new TagCacheError('unreachable', 'There is no session with the silo, or no room in it.'))
    }
    if (bytes.byteLength > this.#largestFrame) {
      return Promise.reject(new TagCacheError('unreachable', 'The silo takes no frame as large as that.'))
    }
    return new Promise((resolve, reject) => {
      const timer = apart.runInAsyncScope(() =>
        setTimeout(() => {
          // After this process was held up itself: what has arrived in between is read first.
          setImmediate(() => this.#timedOut(socket, request, call.timeout))
        }, call.timeout),
      )
      this.#pending.set(request, {
        readKey: call.readKey,
        settle: (answer) => {
          clearTimeout(timer)
          try {
            if (answer.kind === Kind.refused) {
              reject(readRefusal(answer))
            } else if (answer.kind === call.answer) {
              resolve(call.read(answer))
            } else {
              throw new TagCacheError('protocol', 'An answer is of the kind of another request.')
            }
          } catch (cause) {
            // Nobody else ends this wait any more.
            reject(new TagCacheError('protocol', 'An answer of the silo cannot be read.', { cause }))
            throw cause
          }
        },
        fail: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      socket.send(bytes)
    })
  }

  #timedOut(socket: WebSocket, request: number, timeout: number): void {
    const pending = this.#pending.get(request)
    if (pending === undefined || socket !== this.#socket) {
      return
    }
    this.#pending.delete(request)
    pending.fail(new TagCacheError('timeout', `No answer within ${Math.round(timeout)} ms.`))
    if (pending.readKey !== undefined) {
      this.source.breaker?.failed(now())
      this.#late.set(request, pending.readKey)
      if (this.#late.size > 256) {
        this.#late.delete(this.#late.keys().next().value as number)
      }
    }
    if (++this.#timeouts >= mostTimeouts) {
      this.#drop(socket, new TagCacheError('unreachable', 'The silo has not answered lately.'))
    }
  }

  #renewLater(): void {
    const session = this.#session as SiloSession
    const withoutGrant = session.isOver ? periodWithoutSession : periodWithoutGrant
    const period = session.lastGrant > 0 ? Math.max(session.lastGrant / 3, shortestPeriod) : withoutGrant
    this.#later(period, () => {
      const ask = this.#options.near.ask(now())
      const read = (answer: FrameReader): void => this.#heard(session, readDone(answer).terms, ask)
      this.#send(this.#frame(Kind.renew), {
        timeout: this.#options.timeout,
        answer: Kind.done,
        read,
        more: spare,
      }).catch(() => {})
      if (session === this.#session) {
        this.#renewLater()
      }
    })
  }

  #drop(socket: WebSocket | undefined, error: TagCacheError): void {
    this.#lost(socket, error, true)
    socket?.close()
  }

  /** The connection is at an end: all that was kept under its session ends first. */
  #lost(socket: WebSocket | undefined, error: TagCacheError, saysSo = false): void {
    if (socket === undefined || socket !== this.#socket) {
      return
    }
    this.#socket = undefined
    const session = this.#session
    this.#session = undefined
    session?.leave()
    if (saysSo && session !== undefined && socket.readyState === WebSocket.OPEN) {
      socket.send(new FrameWriter(Kind.leave, 0, 0).end())
    }
    // A silo that is frozen, or a connection that is cut, answers no farewell.
    const destroy = this.#destroy
    apart.runInAsyncScope(() => setTimeout(destroy, saysSo ? farewell : 0).unref())
    this.#late.clear()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const each of pending) {
      each.fail(error)
    }
    clearTimeout(this.#timer)
    if (!this.#isClosed) {
      this.#later(this.#pause * (0.5 + Math.random()), () => this.#connect())
      this.#pause = Math.min(this.#pause * 2, longestPause)
    }
  }

  #later(after: number, run: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = apart.runInAsyncScope(() => setTimeout(run, after).unref())
  }
}
