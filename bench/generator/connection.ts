import { connect, type Socket } from 'node:net';

/** Larger than any answer here. */
const READ_BUFFER_BYTES = 16 * 1024;

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

export interface ConnectionOptions {
  port: number;
  /** The status of every good answer. */
  status: number;
  onAnswer: (connection: Connection) => void;
  /** Any other status, an answer that cannot be understood, a connection that is lost. */
  onFailure: (error: Error) => void;
}

/**
 * A connection to 127.0.0.1 that is kept, with one request on its way at most. It understands as much of HTTP as the
 * measured servers speak: answers with a `Content-Length`.
 */
export class Connection {
  /** When the request on its way was due (`performance.now()`). */
  dueAt = 0;
  readonly #options: ConnectionOptions;
  readonly #goodStart: string;
  readonly #socket: Socket;
  #received = '';
  #closing = false;

  private constructor(options: ConnectionOptions, onConnect: (connection: Connection) => void) {
    this.#options = options;
    this.#goodStart = `HTTP/1.1 ${options.status} `;
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

  send(request: string): void {
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const answer = this.#received === '' ? text : this.#received + text;
    const headEnd = answer.indexOf(HEAD_END);
    if (headEnd === -1) {
      this.#received = answer;
      return;
    }
    const length = CONTENT_LENGTH.exec(answer)?.[1];
    const missing = headEnd + HEAD_END.length + Number(length) - answer.length;
    if (!answer.startsWith(this.#goodStart) || length === undefined || missing < 0) {
      this.#options.onFailure(new Error(`expected one answer with ${this.#options.status}, got: ${answer}`));
    } else if (missing > 0) {
      this.#received = answer;
    } else {
      this.#received = '';
      this.#options.onAnswer(this);
    }
  }
}
