import type { TagCacheClientOptions } from '../options.js'
import { SocketClient, type SocketCounts } from './socket-client.js'

/**
 * A client that keeps nothing, and reads over one WebSocket to each silo of its list: an answer takes a fraction of the time that it takes over HTTP, and an
 * entry is asked for where it lies. What cannot go over a WebSocket (there is none yet, it was lost, it has no room, a proxy lets none pass) goes over HTTP.
 */
export class ConnectedTagCacheClient extends SocketClient {
  /** @throws TagCacheError `not_configured`: an option is out of its range. */
  constructor(options: TagCacheClientOptions = {}) {
    super(options, undefined)
  }

  /** What has been asked since the start. */
  get connected(): SocketCounts {
    return this.socketCounts
  }
}
