import type { Socket } from 'node:net'
import { Agent, buildConnector, WebSocket } from 'undici'
import { subprotocol } from './frames.js'

/** A WebSocket, and what it needs besides to let the process end and to be cut off. */
export interface OpenedSocket {
  readonly socket: WebSocket
  /** Cuts the connection off, without a farewell. */
  readonly destroy: () => void
  /** Once it is open: it does not keep the process alive. */
  readonly unref: () => void
}

/** Begins to open a WebSocket to the silo at that address, over a connection of its own. */
export function openSocket(origin: string, key: string | undefined, timeout: number, keeps: boolean): OpenedSocket {
  const connect = buildConnector({ timeout })
  let raw: Socket | undefined
  const agent = new Agent({
    connect: (options, callback) =>
      connect(options, (...result) => {
        raw = result[1] ?? undefined
        raw?.setNoDelay(true)
        callback(...result)
      }),
  })
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/v1/session${keeps ? '' : '?keep=false'}`, {
    protocols: subprotocol,
    dispatcher: agent,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  })
  socket.binaryType = 'arraybuffer'
  return {
    socket,
    destroy: () => {
      raw?.destroy()
      agent.destroy().catch(() => {})
    },
    unref: () => raw?.unref(),
  }
}
