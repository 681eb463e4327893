import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests are handled before the event loop gets a turn: as many as one group of writes takes. */
const MAX_PER_TURN = 256;
/** For how many turns in a row requests wait while new connections are accepted, of which each turn accepts one. */
const MAX_ACCEPT_TURNS = 256;
/** How many requests of a connection may wait for an earlier one. With more, the connection is not read. */
const MAX_PIPELINED = 8;

type Exchange = [request: IncomingMessage, response: ServerResponse];

/** The requests of a connection that wait until an earlier one is finished. */
interface Pipeline {
  waiting: number;
  /** Whether the connection is not read. */
  held: boolean;
}

/**
 * Hands requests to their listener so that no client keeps the others waiting.
 *
 * Node parses all of what arrived on a connection and announces each request at once. Here a connection has one request in
 * progress: the next is handled when the response to the previous one is written out, so a client that does not read its
 * responses stops its own requests, and one response of a connection is in memory.
 *
 * Node accepts one connection in each turn of the event loop, so a turn must be short: a new connection waits for as many
 * turns as there are connections before it. A turn handles a bounded number of requests, and none while
 * connections are accepted.
 */
export class RequestQueue {
  readonly #handle: RequestListener;
  readonly #pipelines = new WeakMap<Socket, Pipeline>();
  #waiting: Exchange[] = [];
  /** How many requests may be handled before the next turn. */
  #left = MAX_PER_TURN;
  #accepted = false;
  #acceptTurns = 0;
  #scheduled = false;

  constructor(handle: RequestListener) {
    this.#handle = handle;
  }

  /** Takes a request of the server. */
  readonly add: RequestListener = (request, response) => {
    // Only the response that is next on its connection has the socket.
    if (response.socket === null) {
      this.#addToPipeline(request, response);
    } else if (this.#left > 0) {
      this.#left--;
      this.#handle(request, response);
    } else if (request.url?.startsWith('/health/')) {
      // A probe must not find the service dead because it has much to do.
      this.#handle(request, response);
    } else {
      this.#wait(request, response);
    }
  };

  /** Tells that a connection was accepted: there may be more. */
  readonly noteConnection = (): void => {
    this.#accepted = true;
    this.#left = 0;
    this.#schedule();
  };

  #addToPipeline(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const pipeline = this.#pipelineOf(socket);
    pipeline.waiting++;
    if (pipeline.waiting >= MAX_PIPELINED) {
      pipeline.held = true;
      socket.pause();
    }
    response.once('socket', () => {
      pipeline.waiting--;
      if (pipeline.held && pipeline.waiting < MAX_PIPELINED) {
        pipeline.held = false;
        socket.resume();
      }
      this.#wait(request, response);
    });
  }

  #pipelineOf(socket: Socket): Pipeline {
    const known = this.#pipelines.get(socket);
    if (known !== undefined) return known;
    const pipeline: Pipeline = { waiting: 0, held: false };
    this.#pipelines.set(socket, pipeline);
    // Node resumes it whenever the body of a request is read.
    socket.on('resume', () => {
      if (pipeline.held) socket.pause();
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
      // The client of one that has waited may be gone.
      if (!request.socket.destroyed) this.#handle(request, response);
    }
  }
}
