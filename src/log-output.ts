import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** A batch of lines is written at this many characters, or after this time. */
const BATCH_LENGTH = 60_000;
const BATCH_INTERVAL_MS = 100;
/** The maximum number of batches in memory while the reader of the log is slow: 16 MB. Later lines are dropped. */
const MAX_WAITING_BATCHES = 250;
/** How long to wait after a failed write, and after a write to a full pipe. */
const RETRY_DELAY_MS = 1_000;
const FULL_PIPE_DELAY_MS = 20;

const NEWLINE = 10;

/** The lines that were lost while writes failed. */
export interface LogLoss {
  dropped: number;
  /** The code of the last write error, such as `ENOSPC`; null if the reader was too slow. */
  code: string | null;
}

export interface LogOutputOptions {
  /** The file descriptor to write to. */
  fd: number;
  /** Called when a write succeeds after lines were dropped. */
  onRecovered: (loss: LogLoss) => void;
}

/**
 * Writes log lines to a file descriptor in batches, because a write costs more than a line. Errors and slow readers neither
 * stop nor delay the process. After a failed write (full disk, closed pipe), the failed batch is retried every second, so
 * that no line is written in part; lines that arrive meanwhile are counted and dropped. The destination of pino does not do
 * this.
 */
export class LogOutput implements DestinationStream {
  readonly #fd: number;
  readonly #onRecovered: (loss: LogLoss) => void;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;
  /** Batches queued behind {@link #writing}. */
  #waiting: Buffer[] = [];
  /** The batch that is being written, or the rest of it. */
  #writing: Buffer | undefined;
  /** The error code of the last write, if it failed. */
  #failure: string | undefined;
  #lost: LogLoss = { dropped: 0, code: null };
  #dropped = 0;
  #retry: NodeJS.Timeout | undefined;
  #onFlushed: (() => void)[] = [];

  constructor({ fd, onRecovered }: LogOutputOptions) {
    this.#fd = fd;
    this.#onRecovered = onRecovered;
    process.on('exit', () => this.#writeLast());
  }

  /** The number of lines dropped so far. */
  get dropped(): number {
    return this.#dropped + this.#lost.dropped;
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= BATCH_LENGTH) this.#endBatch();
    else this.#timer ??= setTimeout(() => this.#endBatch(), BATCH_INTERVAL_MS);
  }

  /** Calls back when all lines so far are written, or when a write fails. */
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
    // Encoded now: a string concatenated from thousands of small ones would keep the garbage collector busy.
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
    else this.#continue((this.#writing as Buffer).subarray(written));
  }

  #continue(rest: Buffer): void {
    this.#failure = undefined;
    this.#writing = undefined;
    const next = rest.length > 0 ? rest : this.#waiting.shift();
    if (next !== undefined) {
      this.#begin(next);
      return;
    }
    this.#reportLoss();
    this.#callBack();
  }

  #onFailed(code: string): void {
    this.#failure = code;
    this.#lost.code = code;
    for (const batch of this.#waiting.splice(0)) this.#drop(batch);
    this.#writeLater(RETRY_DELAY_MS);
    this.#callBack();
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
    this.#dropped += lost.dropped;
    this.#lost = { dropped: 0, code: null };
    this.#onRecovered(lost);
  }

  #callBack(): void {
    for (const done of this.#onFlushed.splice(0)) done();
  }

  /** For a process that exits without a flush, such as after a failed start. Gives up at the first error. */
  #writeLast(): void {
    if (this.#failure !== undefined) return;
    // A write in progress finishes in its thread. A batch that waits for a retry must be written here.
    const unwritten = this.#retry === undefined ? undefined : this.#writing;
    try {
      let rest = Buffer.concat([unwritten ?? Buffer.of(), ...this.#waiting, Buffer.from(this.#lines)]);
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch {
      // There is no way left to report it.
    }
  }
}
