import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The maximum number of requests handled in one turn of the event loop: as many as one group of writes takes. */
const MAX_PER_TURN = 256;
/** For how many turns in a row requests may wait while connections are accepted, one a turn. */
const MAX_ACCEPT_TURNS = 256;
/** How many requests of a connection may wait for an earlier one. At this number, the connection is paused. */
const MAX_PIPELINED = 8;

type Exchange = [request: IncomingMessage, response: ServerResponse];

/** The requests of a connection that wait for an earlier one. */
interface Pipeline {
  waiting: number;
  /** Whether reading from the connection is paused. */
  paused: boolean;
}

/**
 * Passes requests to their listener in an order that is fair to all clients.
 *
 * Node.js parses everything that has arrived on a connection and emits all its requests immediately. Here, a connection
 * has one request in progress: the next one is handled after the previous response is fully written. A client that does
 * not read its responses delays only itself, and at most one response a connection is in memory.
 *
 * Node.js accepts one connection in each turn of the event loop. A new connection waits for as many turns as there are
 * connections before it, so turns must be short: a turn handles a bounded number of requests, and none while connections
 * are being accepted.
 */
export class RequestQueue {
  readonly #handle: RequestListener;
  readonly #pipelines = new WeakMap<Socket, Pipeline>();
  #waiting: Exchange[] = [];
  /** How many more requests may be handled in this turn. */
  #left = MAX_PER_TURN;
  #accepted = false;
  #acceptTurns = 0;
  #scheduled = false;

  constructor(handle: RequestListener) {
    this.#handle = handle;
  }

  /** Listener of the server's `request` event. */
  readonly add: RequestListener = (request, response) => {
    // Only the response that is next on its connection has the socket.
    if (response.socket === null) {
      this.#addToPipeline(request, response);
    } else if (this.#left > 0) {
      this.#left--;
      this.#handle(request, response);
    } else if (request.url?.startsWith('/health/')) {
      // A busy service must not fail its health checks.
      this.#handle(request, response);
    } else {
      this.#wait(request, response);
    }
  };

  /** Listener of the server's `connection` event. More connections may be waiting. */
  readonly recordConnection = (): void => {
    this.#accepted = true;
    this.#left = 0;
    this.#schedule();
  };

  #addToPipeline(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const pipeline = this.#pipelineOf(socket);
    pipeline.waiting++;
    if (pipeline.waiting >= MAX_PIPELINED) {
      pipeline.paused = true;
      socket.pause();
    }
    response.once('socket', () => {
      pipeline.waiting--;
      if (pipeline.paused && pipeline.waiting < MAX_PIPELINED) {
        pipeline.paused = false;
        socket.resume();
      }
      this.#wait(request, response);
    });
  }

  #pipelineOf(socket: Socket): Pipeline {
    const known = this.#pipelines.get(socket);
    if (known !== undefined) return known;
    const pipeline: Pipeline = { waiting: 0, paused: false };
    this.#pipelines.set(socket, pipeline);
    // Node.js resumes the socket whenever a request body is read.
    socket.on('resume', () => {
      if (pipeline.paused) socket.pause();
    });
    return pipeline;
  }

  #wait(request: IncomingMessage, response: ServerResponse): void {
    this.#waiting.push([request, response]);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#scheduled = false;
    const accepted = this.#accepted;
    this.#accepted = false;
    if (accepted && this.#acceptTurns < MAX_ACCEPT_TURNS) {
      this.#acceptTurns++;
      this.#schedule();
      return;
    }
    this.#acceptTurns = 0;
    const turn = this.#waiting.splice(0, MAX_PER_TURN);
    this.#left = MAX_PER_TURN - turn.length;
    if (this.#left === 0) this.#schedule();
    for (const [request, response] of turn) {
      // The client may have disconnected while the request waited.
      if (!request.socket.destroyed) this.#handle(request, response);
    }
  }
}
