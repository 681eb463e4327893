import type { DestinationStream } from 'pino';

/** When the lines go out: once there are so many characters of them, or after so many milliseconds. */
const BATCH_LENGTH = 15_000;
const BATCH_TIME = 100;

/** Where the batches go: what `pino.destination` makes. */
interface Destination extends DestinationStream {
  flush(done: (error?: Error) => void): void;
  flushSync(): void;
}

/**
 * Hands lines on many at a time, since a write costs more than a line does. The destination could wait for a batch
 * itself, but measures everything that waits anew with every line: half of what logging a request would cost.
 */
export class LineBatches implements Destination {
  readonly #destination: Destination;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(destination: Destination) {
    this.#destination = destination;
    process.on('exit', () => this.flushSync());
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= BATCH_LENGTH) this.#handOn();
    else this.#timer ??= setTimeout(() => this.#handOn(), BATCH_TIME);
  }

  flush(done: (error?: Error) => void): void {
    this.#handOn();
    this.#destination.flush(done);
  }

  /** Called by pino after a fatal error. */
  flushSync(): void {
    this.#handOn();
    this.#destination.flushSync();
  }

  #handOn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines !== '') this.#destination.write(this.#lines);
    this.#lines = '';
  }
}
