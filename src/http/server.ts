import type { RequestListener } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { Server, STATUS_CODES } from '../node-http.ts';
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

/** How long a client may take to send the headers, and the whole request. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** How often both are checked. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** How long an idle connection is kept open: longer than load balancers commonly do, which is a minute. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** The maximum size of the request line and headers together. */
const MAX_HEADER_BYTES = 16 * 1024;

/** The HTTP server of Node.js with the limits of this service. Protocol errors get an error response of the API too. */
export class HttpServer extends Server {
  readonly #connections: Connections;

  constructor(listener: RequestListener, logger: Pick<Logger, 'warn'>) {
    super({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Checked by checkProtocol. The response of Node.js would have no body.
      requireHostHeader: false,
    });
    this.#connections = new Connections(this, logger);
    const queue = new RequestQueue(listener);
    this.on('connection', queue.recordConnection);
    this.on('request', queue.add);
    // Unknown expectations may be ignored (RFC 9110, section 10.1.1). The response of Node.js would have no body.
    this.on('checkExpectation', queue.add);

    // CONNECT requests a tunnel. Without a listener, Node.js closes the connection without a response.
    this.on('connect', (_request, socket) => rejectConnection(socket, methodNotAllowed('')));
    this.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ECONNRESET') socket.destroy();
      else rejectConnection(socket, toApiError(error));
    });
  }

  /**
   * Stops accepting connections, finishes every request that has arrived, and closes the connections.
   *
   * @param timeoutMs after how long connections with a request in progress are closed too.
   */
  async drain(timeoutMs: number): Promise<void> {
    // http.Server.close() would destroy idle connections immediately, and lose requests that are arriving on them.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this, resolve));
    const endDraining = this.#connections.drain();
    const timer = setTimeout(() => this.closeAllConnections(), timeoutMs);
    await closed;
    endDraining();
    clearTimeout(timer);
  }
}

/** Sends an error response and closes the connection, if there is no request for Fastify to handle. */
function rejectConnection(socket: Duplex, error: ApiError): void {
  // Node.js removes its own error listener from the socket, and the client may have closed the connection.
  socket.on('error', () => socket.destroy());
  // While the response to an earlier request is in progress, the client would take the error response for that one.
  if (socket.writable && !responseInProgress(socket)?.req.complete) socket.end(rawResponse(error));
  else socket.destroy();
}

/** Converts an error of the HTTP parser. */
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
