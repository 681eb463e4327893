import { type RequestListener, Server, STATUS_CODES } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { Connections, responseInProgress } from './connections.ts';
import {
  type ApiError,
  errorBody,
  malformedRequest,
  methodNotAllowed,
  requestTimeout,
  requestTooLarge,
} from './errors/api-error.ts';
import { generateRequestId } from './request-id.ts';
import { RequestQueue } from './request-queue.ts';

/** How long a client may take to send its headers, and the whole request, in milliseconds. */
const HEADERS_TIMEOUT = 20_000;
const REQUEST_TIMEOUT = 60_000;
/** How often both are checked, in milliseconds. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** How long an idle connection is kept, in milliseconds: longer than the minute that load balancers commonly keep theirs. */
const KEEP_ALIVE_TIMEOUT = 72_000;
/** Request line and headers together, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Node's HTTP server with this service's limits, whose own errors have the contract's shape too. */
export class HttpServer extends Server {
  readonly #connections: Connections;

  constructor(listener: RequestListener, logger: Pick<Logger, 'warn'>) {
    super({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      // Node would answer without a body: checkProtocol answers in the contract's shape.
      requireHostHeader: false,
    });
    this.#connections = new Connections(this, logger);
    const queue = new RequestQueue(listener);
    this.on('connection', queue.noteConnection);
    this.on('request', queue.add);
    // An expectation that is not known may be ignored (RFC 9110, section 10.1.1); Node would answer without a body.
    this.on('checkExpectation', queue.add);

    // CONNECT asks for a tunnel, which nothing here is; Node would close the connection without a word.
    this.on('connect', (_request, socket) => refuse(socket, methodNotAllowed('')));
    this.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ECONNRESET') socket.destroy();
      else refuse(socket, toApiError(error));
    });
  }

  /**
   * Stops accepting connections, finishes every request that has arrived, and closes the connections.
   *
   * @param timeout when connections that are still busy are cut, in milliseconds.
   */
  async drain(timeout: number): Promise<void> {
    // Not this server's own close(), which destroys idle connections at once, and with them requests on their way.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this, resolve));
    const endDraining = this.#connections.drain();
    const cut = setTimeout(() => this.closeAllConnections(), timeout);
    await closed;
    endDraining();
    clearTimeout(cut);
  }
}

/** Answers, and ends the connection, where there is no request for Fastify to answer. */
function refuse(socket: Duplex, error: ApiError): void {
  // Node takes its own listener off a socket that it hands over, and the client may be gone already.
  socket.on('error', () => socket.destroy());
  // Node's own default looks at the answer under way as well. While a request that has arrived is being answered, an
  // error in what follows it would be taken for its answer.
  if (socket.writable && !responseInProgress(socket)?.req.complete) socket.end(rawResponse(error));
  else socket.destroy();
}

/** What the HTTP parser found wrong, before there was a request. */
function toApiError(error: NodeJS.ErrnoException): ApiError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return requestTooLarge(431);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTimeout();
    default:
      return malformedRequest(error);
  }
}

function rawResponse(error: ApiError): string {
  const requestId = generateRequestId();
  const body = JSON.stringify(errorBody(error, requestId));
  return [
    `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...Object.entries(error.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
