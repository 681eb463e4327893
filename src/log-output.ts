import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** When the lines are written: at this many characters, or after this many milliseconds. */
const BATCH_LENGTH = 15_000;
const BATCH_INTERVAL_MS = 100;
/** How many batches wait in memory while the reader of the log is slow: 16 MB. Later lines are dropped. */
const MAX_WAITING_BATCHES = 1_000;
/** How long to wait after a failed write, and after one that found a pipe full. */
const RETRY_DELAY_MS = 1_000;
const FULL_PIPE_DELAY_MS = 20;

const NEWLINE = 10;

/** What was lost while the log could not be written. */
export interface LogLoss {
  dropped: number;
  /** The last error of a write (`ENOSPC`), or null if the reader was too slow. */
  code: string | null;
}

export interface LogOutputOptions {
  /** The file descriptor to write to. */
  fd: number;
  /** Called when the log can be written again after lines were dropped. */
  onRecovered: (loss: LogLoss) => void;
}

/**
 * Writes log lines to a file descriptor. A write costs more than a line does, so many lines share one. No error and no
 * slow reader stops or delays the process: after a failed write (a full disk, a closed pipe), the batch that failed is
 * tried again every second, so that no line is torn, and the lines that arrive meanwhile are counted and dropped.
 */
export class LogOutput implements DestinationStream {
  readonly #fd: number;
  readonly #onRecovered: (loss: LogLoss) => void;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;
  /** Batches behind the one that is being written. */
  #waiting: Buffer[] = [];
  /** The batch that is being written, or what is left of it. */
  #writing: Buffer | undefined;
  /** The error of the last write, while writes fail. */
  #failure: string | undefined;
  #lost: LogLoss = { dropped: 0, code: null };
  #retry: NodeJS.Timeout | undefined;
  #onFlushed: (() => void)[] = [];

  constructor({ fd, onRecovered }: LogOutputOptions) {
    this.#fd = fd;
    this.#onRecovered = onRecovered;
    process.on('exit', () => this.#writeLast());
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= BATCH_LENGTH) this.#endBatch();
    else this.#timer ??= setTimeout(() => this.#endBatch(), BATCH_INTERVAL_MS);
  }

  /** Calls back when every line so far is written, or when a write failed. */
  flush(done: () => void): void {
    this.#endBatch();
    if (this.#writing === undefined) {
      done();
      return;
    }
    this.#onFlushed.push(done);
    if (this.#failure !== undefined && this.#retry !== undefined) this.#writeSome();
  }

  #endBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === '') return;
    // At once: thousands of small strings that were put together, but not copied, would keep the garbage collector busy.
    const batch = Buffer.from(this.#lines);
    this.#lines = '';
    if (this.#writing === undefined) this.#begin(batch);
    else if (this.#failure === undefined && this.#waiting.length < MAX_WAITING_BATCHES) this.#waiting.push(batch);
    else this.#drop(batch);
  }

  #begin(batch: Buffer): void {
    this.#writing = batch;
    this.#writeSome();
  }

  #writeSome(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    write(this.#fd, this.#writing as Buffer, (error, written) => this.#onWritten(error, written));
  }

  #onWritten(error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === 'EAGAIN') this.#writeLater(FULL_PIPE_DELAY_MS);
    else if (error !== null) this.#onFailed(error.code ?? error.message);
    else this.#goOn((this.#writing as Buffer).subarray(written));
  }

  #goOn(rest: Buffer): void {
    this.#failure = undefined;
    this.#writing = undefined;
    const next = rest.length > 0 ? rest : this.#waiting.shift();
    if (next !== undefined) {
      this.#begin(next);
      return;
    }
    this.#reportLoss();
    this.#settle();
  }

  #onFailed(code: string): void {
    this.#failure = code;
    this.#lost.code = code;
    for (const batch of this.#waiting.splice(0)) this.#drop(batch);
    this.#writeLater(RETRY_DELAY_MS);
    this.#settle();
  }

  #writeLater(delay: number): void {
    this.#retry = setTimeout(() => this.#writeSome(), delay).unref();
  }

  #drop(batch: Buffer): void {
    for (const byte of batch) if (byte === NEWLINE) this.#lost.dropped++;
  }

  #reportLoss(): void {
    if (this.#lost.dropped === 0) return;
    const lost = this.#lost;
    this.#lost = { dropped: 0, code: null };
    this.#onRecovered(lost);
  }

  #settle(): void {
    for (const done of this.#onFlushed.splice(0)) done();
  }

  /** For a process that ends without a flush, such as a start that fails. Gives up at the first error. */
  #writeLast(): void {
    if (this.#failure !== undefined) return;
    // A write that has begun goes on in its thread; one that is to be tried again does not.
    const untried = this.#retry === undefined ? undefined : this.#writing;
    try {
      let rest = Buffer.concat([untried ?? Buffer.of(), ...this.#waiting, Buffer.from(this.#lines)]);
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch {
      // There is no place left to report it.
    }
  }
}
