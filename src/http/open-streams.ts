import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { RequestFields } from '../tracing/request-trace.ts';

/** The maximum number of open streams in this process. Each keeps a connection. */
const MAX_STREAMS = 1_000;
/** The maximum number of open streams of one token. */
export const MAX_STREAMS_PER_TOKEN = 20;
const CHECK_INTERVAL_MS = 1_000;
/** How long a client may leave data unread. */
const MAX_STALL_MS = 30_000;

/** The `Retry-After` of a token that has reached its limit of streams, in seconds. */
export const STREAM_RETRY_S = 10;

/** The limit that prevents a stream from being opened: that of the token, or that of the process. */
export type StreamLimit = 'token' | 'process';

export interface StreamRequest {
  response: ServerResponse;
  tokenId: number | string;
  /** For the log. */
  fields: RequestFields;
  /** Whether the token is still valid, with the same user and scopes as when the stream was opened. */
  isAllowed: () => Promise<boolean>;
}

export interface OpenStreamsOptions {
  /** For the log, such as `event stream`. */
  name: string;
  /** After how long a stream ends, in milliseconds. Unlimited by default. */
  maxDurationMs?: number;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info'>;
}

/**
 * The open streams of one kind in this process. They are counted, in total and for each token, until the connection closes. A timer
 * checks each stream, so that a client that does not read cannot keep its stream open.
 */
export class OpenStreams {
  readonly #options: OpenStreamsOptions;
  readonly #counts = new Map<number | string, number>();
  readonly #controllers = new Set<AbortController>();
  #closed = false;

  constructor(options: OpenStreamsOptions) {
    this.#options = options;
  }

  /**
   * Counts a stream until its response closes.
   *
   * @returns a signal that is aborted when the stream must end, because its response is closed, the token is no longer valid,
   *   or the service stops; or the limit that is reached.
   */
  open(request: StreamRequest): AbortSignal | StreamLimit {
    const { response, tokenId, fields } = request;
    const count = this.#counts.get(tokenId) ?? 0;
    if (count >= MAX_STREAMS_PER_TOKEN) return 'token';
    if (this.#controllers.size >= MAX_STREAMS) return 'process';
    const controller = new AbortController();
    // A closed response does not emit `close` again.
    if (this.#closed || response.closed) {
      controller.abort();
      return controller.signal;
    }
    this.#counts.set(tokenId, count + 1);
    this.#controllers.add(controller);
    let logged = false;
    const logEnd = (reason: string) => {
      logged = true;
      this.#options.logger.info({ ...fields, tokenId }, `${this.#options.name} ended: ${reason}`);
    };
    const stopChecks = this.#startChecks(request, controller, logEnd);
    response.once('close', () => {
      // Requests are logged when their response is complete, or has failed.
      const isLogged = logged || response.writableFinished || Boolean(response.errored);
      if (!isLogged) logEnd(this.#closed ? 'the service stops' : 'the client disconnected');
      stopChecks();
      this.#release(tokenId);
      this.#controllers.delete(controller);
      controller.abort();
    });
    return controller.signal;
  }

  /** The number of open streams. */
  get size(): number {
    return this.#controllers.size;
  }

  /** Ends all streams, and opens no more. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#controllers) controller.abort();
  }

  #release(tokenId: number | string): void {
    const rest = (this.#counts.get(tokenId) ?? 0) - 1;
    if (rest > 0) this.#counts.set(tokenId, rest);
    else this.#counts.delete(tokenId);
  }

  /** Checks a stream periodically. Returns a function that stops the checks. */
  #startChecks(
    { response, isAllowed }: StreamRequest,
    controller: AbortController,
    logEnd: (reason: string) => void,
  ): () => void {
    const { maxDurationMs = Number.POSITIVE_INFINITY, clock } = this.#options;
    const openedAt = clock();
    let stalledSince: number | undefined;
    const onDrain = () => {
      stalledSince = undefined;
    };
    response.on('drain', onDrain);
    let inFlight = false;
    const timer = setInterval(async () => {
      if (response.writableNeedDrain) stalledSince ??= clock();
      const stalled = stalledSince !== undefined && clock() - stalledSince >= MAX_STALL_MS;
      const tooLong = clock() - openedAt >= maxDurationMs;
      if (stalled) logEnd('the client does not read');
      else if (tooLong) logEnd('it took too long');
      // A client that does not read never receives the end of an aborted stream. It had one interval to do so.
      if (stalled || tooLong || controller.signal.aborted) {
        abortResponse(response);
        return;
      }
      if (inFlight) return;
      inFlight = true;
      // If the check fails, the stream ends, and the client reconnects.
      const allowed = await isAllowed().catch(() => false);
      inFlight = false;
      if (allowed || controller.signal.aborted) return;
      logEnd('the token or its permissions changed');
      controller.abort();
    }, CHECK_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      response.off('drain', onDrain);
    };
  }
}

/**
 * Closes the connection of a response that is not complete. It is reset, because an HTTP/1.0 client would take a connection
 * that closes normally for the end of the response.
 *
 * @param error why it is not complete, if it failed.
 */
export function abortResponse(response: ServerResponse, error?: Error): void {
  // Tests inject requests without a connection.
  if (response.socket instanceof Socket) response.socket.resetAndDestroy();
  response.destroy(error);
}
