import { connect, type Socket } from 'node:net';
import type { Request } from './requests.ts';

/** Larger than most responses here. */
const READ_BUFFER_BYTES = 16 * 1024;

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding: chunked\r\n/i;
/** The last chunk. JSON has no line break of this kind in it, so nothing else of a body looks like this. */
const LAST_CHUNK = '\r\n0\r\n\r\n';

export interface ConnectionOptions {
  port: number;
  onResponse: (connection: Connection) => void;
  /** Another status than the expected one, a response that cannot be understood, a connection that is lost. */
  onFailure: (error: Error) => void;
}

/**
 * A connection to 127.0.0.1 that is kept, with one request on its way at most. It understands as much of HTTP as the
 * measured servers speak: responses with a `Content-Length`, and JSON in chunks.
 */
export class Connection {
  /** When the request on its way was due (`performance.now()`). */
  dueAt = 0;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  #expected = '';
  #received = '';
  #closing = false;

  private constructor(options: ConnectionOptions, onConnect: (connection: Connection) => void) {
    this.#options = options;
    this.#socket = connect(
      {
        host: '127.0.0.1',
        port: options.port,
        noDelay: true,
        // One buffer for every read, instead of a new one each.
        onread: {
          buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
          callback: (bytes, buffer) => {
            this.#receive((buffer as Buffer).toString('latin1', 0, bytes));
            return true;
          },
        },
      },
      () => onConnect(this),
    );
    this.#socket.on('error', options.onFailure);
    this.#socket.on('close', () => {
      if (!this.#closing) options.onFailure(new Error('the server closed a connection'));
    });
  }

  static open(options: ConnectionOptions): Promise<Connection> {
    return new Promise((resolve) => new Connection(options, resolve));
  }

  send({ text, expected }: Request): void {
    this.#expected = expected;
    this.#socket.write(text, 'latin1');
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const response = this.#received === '' ? text : this.#received + text;
    this.#received = response;
    const headEnd = response.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const missing = missingBytes(response, headEnd + HEAD_END.length);
    if (!response.startsWith(this.#expected) || !(missing >= 0)) {
      this.#options.onFailure(new Error(`expected one response "${this.#expected}…", got: ${response}`));
    } else if (missing === 0) {
      this.#received = '';
      this.#options.onResponse(this);
    }
  }
}

/** How many bytes are missing at least; negative for more than one response, NaN for one that cannot be understood. */
function missingBytes(response: string, bodyStart: number): number {
  const length = CONTENT_LENGTH.exec(response)?.[1];
  if (length !== undefined) return bodyStart + Number(length) - response.length;
  if (!CHUNKED.test(response)) return Number.NaN;
  return response.endsWith(LAST_CHUNK) ? 0 : 1;
}
