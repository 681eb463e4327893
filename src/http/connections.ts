import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';

/** The maximum number of connections of a server. Each costs some 30 KB and a file descriptor. */
const MAX_CONNECTIONS = 10_000;
/** After how long a connection is closed if its client reads nothing of the response. */
const READ_TIMEOUT_MS = 60_000;
/** How often connections are checked. */
const CHECK_INTERVAL_MS = 1_000;
/** How long a connection without a request stays open while the server drains. */
const IDLE_GRACE_MS = 1_000;
const DRAIN_INTERVAL_MS = 50;

/** A byte count of a connection, and since when it has not changed (`performance.now()`). */
interface Unchanged {
  bytes: number;
  since: number;
}

/** The connections of a server. Limits their number, closes those whose clients do not read, and drains them at shutdown. */
export class Connections {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #logger: Pick<Logger, 'warn'>;
  /** Connections with unsent data, and the number of bytes sent. */
  #unread = new Map<Socket, Unchanged>();
  #dropped = 0;
  #droppedBefore = 0;

  constructor(server: Server, logger: Pick<Logger, 'warn'>) {
    this.#server = server;
    this.#logger = logger;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('drop', () => this.#recordDrop());
    server.on('listening', () => {
      const timer = setInterval(() => this.check(performance.now()), CHECK_INTERVAL_MS).unref();
      server.once('close', () => clearInterval(timer));
    });
  }

  /** The number of open connections. */
  get count(): number {
    return this.#open.size;
  }

  /** Closes connections whose client has read nothing for {@link READ_TIMEOUT_MS}. */
  check(now: number): void {
    const unread = new Map<Socket, Unchanged>();
    for (const socket of this.#open) {
      if (socket.writableLength === 0) continue;
      const sent = socket.bytesWritten - socket.writableLength;
      const known = this.#unread.get(socket);
      const { since } = known?.bytes === sent ? known : { since: now };
      if (now - since >= READ_TIMEOUT_MS) socket.destroy();
      else unread.set(socket, { bytes: sent, since });
    }
    this.#unread = unread;
    this.#checkDropped();
  }

  #checkDropped(): void {
    if (this.#dropped > 0 && this.#dropped === this.#droppedBefore) {
      this.#logger.warn({ closed: this.#dropped }, 'new connections are accepted again');
      this.#dropped = 0;
    }
    this.#droppedBefore = this.#dropped;
  }

  /**
   * Closes all connections without losing a request. The next response of each has `Connection: close`; a connection
   * without a request is closed after {@link IDLE_GRACE_MS}. The server must no longer accept connections.
   *
   * @returns a function that ends the draining.
   */
  drain(): () => void {
    for (const socket of this.#open) {
      const response = responseInProgress(socket);
      if (response && !response.headersSent) response.setHeader('connection', 'close');
    }
    const idle = new Map<Socket, Unchanged>();
    const closeIdle = () => this.#closeIdle(idle, performance.now());
    closeIdle();
    // setImmediate: first reads what has arrived, so that a connection with a new request is not considered idle.
    const timer = setInterval(() => setImmediate(closeIdle), DRAIN_INTERVAL_MS);
    return () => clearInterval(timer);
  }

  #closeIdle(idle: Map<Socket, Unchanged>, now: number): void {
    for (const socket of this.#open) {
      const known = idle.get(socket);
      if (responseInProgress(socket)) idle.delete(socket);
      else if (known === undefined) idle.set(socket, { bytes: socket.bytesRead, since: now });
      // If the count has changed, a request is arriving.
      else if (known.bytes === socket.bytesRead && now - known.since >= IDLE_GRACE_MS) socket.destroy();
    }
  }

  #recordDrop(): void {
    if (this.#dropped++ === 0) {
      this.#logger.warn(
        { connections: this.#server.maxConnections },
        'connection limit reached; new connections are closed',
      );
    }
  }
}

/** The response in progress on a connection, from the arrival of the request headers until it is fully written. */
export function responseInProgress(socket: Duplex): ServerResponse | undefined {
  // Node.js has no public API for this.
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}
