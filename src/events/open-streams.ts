import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';

/** How many streams a process sends at a time: each keeps a connection. */
const MAX_STREAMS = 1_000;
/** How many of them belong to one token. */
export const MAX_STREAMS_PER_TOKEN = 20;
/** How often each stream is checked. */
const CHECK_INTERVAL_MS = 1_000;
/** How long a client may leave what it is sent unread. */
const MAX_STALL_MS = 30_000;

/** Why a stream cannot be opened: the token has as many as it may, or the process has. */
export type StreamLimit = 'token' | 'process';

export interface StreamRequest {
  /** The response that the stream is sent in. */
  response: ServerResponse;
  tokenId: number | string;
  /** For the log. */
  requestId: string;
  /** Whether the token is still the one that the stream began with. */
  isAllowed: () => Promise<boolean>;
}

export interface OpenStreamsOptions {
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info'>;
}

/**
 * The event streams of a process. They are counted, as a whole and for each token, from before the first byte until the
 * connection closes, and checked by a timer of their own: a client that does not read must not keep its stream.
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
   * @returns a signal that is aborted once the stream is to end: its response is closed, the token is no longer valid,
   *   or the service stops. Or the limit that is reached.
   */
  open(request: StreamRequest): AbortSignal | StreamLimit {
    const { response, tokenId } = request;
    const count = this.#counts.get(tokenId) ?? 0;
    if (count >= MAX_STREAMS_PER_TOKEN) return 'token';
    if (this.#controllers.size >= MAX_STREAMS) return 'process';
    const controller = new AbortController();
    // A response that is closed already does not say so again.
    if (this.#closed || response.closed) {
      controller.abort();
      return controller.signal;
    }
    this.#counts.set(tokenId, count + 1);
    this.#controllers.add(controller);
    const stopChecks = this.#check(request, controller);
    response.once('close', () => {
      stopChecks();
      this.#release(tokenId);
      this.#controllers.delete(controller);
      controller.abort();
    });
    return controller.signal;
  }

  /** Ends all streams. No other begins. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#controllers) controller.abort();
  }

  #release(tokenId: number | string): void {
    const rest = (this.#counts.get(tokenId) ?? 0) - 1;
    if (rest > 0) this.#counts.set(tokenId, rest);
    else this.#counts.delete(tokenId);
  }

  /** Returns what stops the checks. */
  #check({ response, tokenId, requestId, isAllowed }: StreamRequest, controller: AbortController): () => void {
    const { clock, logger } = this.#options;
    let stalledSince: number | undefined;
    const onDrain = () => {
      stalledSince = undefined;
    };
    response.on('drain', onDrain);
    let inFlight = false;
    const timer = setInterval(async () => {
      if (response.writableNeedDrain) stalledSince ??= clock();
      const stalled = stalledSince !== undefined && clock() - stalledSince >= MAX_STALL_MS;
      if (stalled) logger.info({ requestId, tokenId }, 'event stream ended: the client does not read');
      // The end of a stream needs a client that reads, too: it had a whole interval for that.
      if (stalled || controller.signal.aborted) {
        response.destroy();
        return;
      }
      if (inFlight) return;
      inFlight = true;
      // If the token cannot be checked the stream ends as well: the client connects again.
      const allowed = await isAllowed().catch(() => false);
      inFlight = false;
      if (allowed || controller.signal.aborted) return;
      logger.info({ requestId, tokenId }, 'event stream ended: the token is no longer valid for it');
      controller.abort();
    }, CHECK_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      response.off('drain', onDrain);
    };
  }
}
