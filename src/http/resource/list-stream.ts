import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ListStream } from '../../domain/lists.ts';
import type { Principal } from '../../domain/principal.ts';
import { requestFields } from '../../tracing/request-trace.ts';
import { parameterNotAllowed, rateLimitExceeded, serviceUnavailable } from '../errors/api-error.ts';
import { isPreferredToJson } from '../media-types.ts';
import { abortResponse, OpenStreams, STREAM_RETRY_S } from '../open-streams.ts';
import type { Rules } from '../request.ts';
import { cursorRule, type ListResource } from './list-response.ts';

/** The media type of a list as lines of JSON (https://github.com/ndjson/ndjson-spec). */
export const LINES = 'application/x-ndjson';

/** A snapshot keeps PostgreSQL from removing old rows, and SQLite from shortening its write-ahead log. */
const MAX_DURATION_MS = 15 * 60_000;

/** The parameters of pages. */
const PAGE_PARAMETERS = ['_page', '_perPage', '_cursor'];

/** Whether the client requests the whole list as lines of JSON. */
export function wantsLines({ headers }: FastifyRequest): boolean {
  return isPreferredToJson(headers.accept, LINES);
}

/** Rejects a cursor of another list, and the parameters of pages if the whole list is requested. */
export function listRules<T, Field extends string, Filter extends object>(
  resource: ListResource<T, Field, Filter>,
): Rules {
  const ofPages = cursorRule(resource);
  return (request, rejected) => {
    if (!wantsLines(request)) return ofPages(request, rejected);
    const query = request.query as Record<string, unknown>;
    const used = PAGE_PARAMETERS.filter((name) => query[name] !== undefined && !rejected.has(name));
    return used.map((name) => parameterNotAllowed(name, `with \`Accept: ${LINES}\`, which returns the whole list`));
  };
}

export interface ListStreamsOptions {
  /** Whether the token of a request is still valid, with the same user and scopes as when the request was authorized. */
  isUnchanged: (request: FastifyRequest) => Promise<boolean>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** Sends whole lists as lines of JSON. */
export class ListStreams {
  readonly #options: ListStreamsOptions;
  readonly #open: OpenStreams;

  constructor(options: ListStreamsOptions) {
    this.#options = options;
    this.#open = new OpenStreams({ name: 'list stream', maxDurationMs: MAX_DURATION_MS, ...options });
  }

  /**
   * Sends a list. Errors before the first line get an error response. After that, the connection is closed, so that the
   * client detects that the response is not complete.
   *
   * @param read starts to read the list. The signal ends it.
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    read: (signal: AbortSignal) => ListStream,
  ): Promise<FastifyReply> {
    if (request.method === 'HEAD') return reply.type(LINES).send();
    const { tokenId } = request.principal as Principal;
    const isAllowed = () => this.#options.isUnchanged(request);
    const signal = this.#open.open({ response: reply.raw, tokenId, fields: requestFields(request), isAllowed });
    if (signal === 'token') throw rateLimitExceeded(STREAM_RETRY_S);
    if (signal === 'process') throw serviceUnavailable();
    const chunks = read(signal);
    const onAbort = () => {
      // Nothing reads further chunks if the client does not.
      if (reply.raw.headersSent) abortResponse(reply.raw);
      chunks.return().catch(() => undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const first = await chunks.next();
    return reply.type(LINES).send(Readable.from(this.#rest(first, chunks, signal, request, reply)));
  }

  /** Ends all streams, and opens no more. */
  close(): void {
    this.#open.close();
  }

  async *#rest(
    first: IteratorResult<Uint8Array, void>,
    chunks: ListStream,
    signal: AbortSignal,
    request: FastifyRequest,
    reply: FastifyReply,
  ): AsyncGenerator<Uint8Array, void> {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* chunks;
      // If the stream was ended, that is logged.
      if (signal.aborted) abortResponse(reply.raw);
    } catch (err) {
      if (signal.aborted) return abortResponse(reply.raw);
      this.#options.logger.warn({ ...requestFields(request), err }, 'list stream failed');
      abortResponse(reply.raw, err as Error);
    }
  }
}
