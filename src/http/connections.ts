import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';

/** How many connections a server has at most: each costs some 30 KB and a file descriptor. */
const MAX_CONNECTIONS = 10_000;
/** How long a client may take nothing of what was written for it, in milliseconds. */
const READ_TIMEOUT_MS = 60_000;
/** How often connections are checked, in milliseconds. */
const CHECK_INTERVAL_MS = 1_000;
/** How long a connection stays open without a request while the server drains, in milliseconds. */
const IDLE_GRACE_MS = 1_000;
const DRAIN_INTERVAL_MS = 50;

/** A state of a connection that must not last, and since when it does (`performance.now()`). */
interface Unchanged {
  bytes: number;
  since: number;
}

/** The connections of a server: how many there are, that clients read, and that a stop loses no request. */
export class Connections {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #logger: Pick<Logger, 'warn'>;
  /** Connections with unsent data, and how much of it was sent. */
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
    server.on('drop', () => this.#noteDrop());
    server.on('listening', () => {
      const timer = setInterval(() => this.check(performance.now()), CHECK_INTERVAL_MS).unref();
      server.once('close', () => clearInterval(timer));
    });
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Ends connections whose client has read nothing for {@link READ_TIMEOUT_MS}. */
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
   * Closes all connections without losing a request: the next response of each says that it is the last, and a
   * connection without a request is closed after {@link IDLE_GRACE_MS}. The server must not accept new ones any more.
   *
   * @returns a function that stops closing.
   */
  drain(): () => void {
    for (const socket of this.#open) {
      const response = responseInProgress(socket);
      if (response && !response.headersSent) response.setHeader('connection', 'close');
    }
    const idle = new Map<Socket, Unchanged>();
    const closeIdle = () => this.#closeIdle(idle, performance.now());
    closeIdle();
    // After everything that has arrived is read, so that a connection with a request in it is not taken for idle.
    const timer = setInterval(() => setImmediate(closeIdle), DRAIN_INTERVAL_MS);
    return () => clearInterval(timer);
  }

  #closeIdle(idle: Map<Socket, Unchanged>, now: number): void {
    for (const socket of this.#open) {
      const known = idle.get(socket);
      if (responseInProgress(socket)) idle.delete(socket);
      else if (known === undefined) idle.set(socket, { bytes: socket.bytesRead, since: now });
      // With other bytes a request is arriving.
      else if (known.bytes === socket.bytesRead && now - known.since >= IDLE_GRACE_MS) socket.destroy();
    }
  }

  #noteDrop(): void {
    if (this.#dropped++ === 0) {
      this.#logger.warn(
        { connections: this.#server.maxConnections },
        'connection limit reached; new connections are closed',
      );
    }
  }
}

/** The response that is written to a connection, from the arrival of its request's headers until it is written out. */
export function responseInProgress(socket: Duplex): ServerResponse | undefined {
  // Node has no public name for it.
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}
