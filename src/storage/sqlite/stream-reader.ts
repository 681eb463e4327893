import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { type CallerSlots, MAX_STREAMS } from '../sql/caller-slots.ts';
import type { StreamRequest, StreamThreadData, StreamThreadRequest } from './stream-thread.ts';
import { ThreadCalls } from './thread-calls.ts';

/** The time limit of a chunk. The first includes sorting, if no index sorts the list. */
const CHUNK_TIMEOUT_MS = 60_000;

/** The number of chunks that are requested before they are needed. */
const CHUNKS_AHEAD = 2;

export interface StreamReaderOptions {
  slots: CallerSlots;
  /** The time limit of a chunk, in milliseconds. Default: 60,000. */
  timeoutMs?: number | undefined;
}

/** Reads whole lists in another thread, as JSON lines. It reads only a little ahead of its consumer. */
export class StreamReader {
  readonly #slots: CallerSlots;
  readonly #thread: ThreadCalls<StreamThreadRequest, Uint8Array | undefined>;
  readonly #open = new Set<Int32Array>();
  #count = 0;

  constructor(file: string, { slots, timeoutMs = CHUNK_TIMEOUT_MS }: StreamReaderOptions) {
    this.#slots = slots;
    const data: StreamThreadData = { file, timeoutMs };
    this.#thread = new ThreadCalls('streams lists', new URL('stream-thread.ts', import.meta.url), data);
  }

  /**
   * Yields chunks of whole lines.
   *
   * @param signal ends the stream.
   */
  async *read(request: StreamRequest, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const release = await this.#slots.acquire(request.query.caller);
    const cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    try {
      if (this.#open.size >= MAX_STREAMS) throw new StoreBusy(`${MAX_STREAMS} lists are streamed already`);
      this.#open.add(cancelled);
      yield* this.#chunks(request, cancelled, signal);
    } finally {
      this.#open.delete(cancelled);
      release();
    }
  }

  /** Ends all streams and the thread. Fulfilled when the thread has closed the file. */
  close(): Promise<void> {
    for (const cancelled of this.#open) cancel(cancelled);
    return this.#thread.close();
  }

  async *#chunks(request: StreamRequest, cancelled: Int32Array, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const stream = this.#count++;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => {
      cancel(cancelled);
      reject(new StoreUnavailable('the stream was ended'));
    };
    const call = (message: StreamThreadRequest) => {
      const response = this.#thread.call(message);
      // If the stream ends early, nothing waits for this response.
      response.catch(() => undefined);
      return response;
    };
    aborted.catch(() => undefined);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await Promise.race([call({ open: request, stream, cancelled }), aborted]);
      const ahead = Array.from({ length: CHUNKS_AHEAD }, () => call({ next: stream }));
      for (;;) {
        const chunk = await Promise.race([ahead.shift(), aborted]);
        if (chunk === undefined) return;
        ahead.push(call({ next: stream }));
        yield chunk;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      cancel(cancelled);
      call({ end: stream });
    }
  }
}

function cancel(cancelled: Int32Array): void {
  Atomics.store(cancelled, 0, 1);
}
