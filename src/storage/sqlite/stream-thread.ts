import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { type StreamedList, toLine } from '../sql/json-lines.ts';
import { type ListRequest, PageReader } from './page-reader.ts';
import type { Row } from './rows.ts';
import { serveCalls, TimedOut } from './thread-calls.ts';

/** A list to stream. */
export interface StreamRequest extends ListRequest {
  list: StreamedList;
}

/** Opens a stream, reads its next chunk, or ends it. The caller chooses the number of a stream. */
export type StreamThreadRequest =
  | { open: StreamRequest; stream: number; cancelled: Int32Array }
  | { next: number }
  | { end: number };

/** The `workerData` of the thread. */
export interface StreamThreadData {
  /** Path of the database file. */
  file: string;
  /** The time limit of a chunk, in milliseconds. */
  timeoutMs: number;
}

type Chunk = Uint8Array<ArrayBuffer>;

/** A chunk ends with the line that reaches this number of characters. */
const CHUNK_CHARACTERS = 64 * 1024;
const LOCK_TIMEOUT_MS = 5_000;

const encoder = new TextEncoder();

// The thread that a StreamReader calls. One thread reads all streams in turn, so that they use one core at most.
const { file, timeoutMs } = workerData as StreamThreadData;
const streams = new Map<number, Stream>();

/** A list that is read in chunks, with a connection of its own: its transaction is the snapshot. */
class Stream {
  readonly #db: DatabaseSync;
  readonly #list: StreamedList;
  readonly #rows: Iterator<Row>;
  #deadline = Number.POSITIVE_INFINITY;

  /** @param cancelled set to 1 by the other thread if the rest of the list is no longer wanted. */
  constructor(request: StreamRequest, cancelled: Int32Array) {
    this.#db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    const pages = new PageReader(this.#db, () => {
      if (Atomics.load(cancelled, 0) === 1) throw new TimedOut('a stream was cancelled');
      if (performance.now() > this.#deadline) throw new TimedOut(`a stream waited ${timeoutMs} ms for rows`);
    });
    this.#list = request.list;
    this.#db.exec('BEGIN');
    this.#rows = pages.iterate(request)[Symbol.iterator]();
  }

  /** The next chunk, or undefined after the last row. */
  next(): Chunk | undefined {
    this.#deadline = performance.now() + timeoutMs;
    let text = '';
    for (let row = this.#rows.next(); row.done !== true; row = this.#rows.next()) {
      text += toLine(this.#list, row.value);
      if (text.length >= CHUNK_CHARACTERS) break;
    }
    return text === '' ? undefined : encoder.encode(text);
  }

  close(): void {
    this.#db.close();
  }
}

/** A thread that was started again does not have the streams of the former one: they must not seem complete. */
function find(number: number): Stream {
  const stream = streams.get(number);
  if (stream === undefined) throw new Error('the stream was lost');
  return stream;
}

function end(number: number): void {
  streams.get(number)?.close();
  streams.delete(number);
}

serveCalls<StreamThreadRequest, Chunk | undefined>({
  handle(request) {
    if ('open' in request) streams.set(request.stream, new Stream(request.open, request.cancelled));
    else if ('next' in request) return find(request.next).next();
    else end(request.end);
    return undefined;
  },
  transfer: (chunk) => (chunk === undefined ? [] : [chunk.buffer]),
  close: () => {
    for (const number of streams.keys()) end(number);
  },
});
