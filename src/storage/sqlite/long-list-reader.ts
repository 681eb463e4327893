import { Worker } from 'node:worker_threads';
import type { Page } from '../../domain/lists.ts';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { CallerSlots } from '../sql/caller-slots.ts';
import { translateError } from './errors.ts';
import type { ListThreadData, ListThreadReply, ListThreadRequest } from './list-thread.ts';
import type { ListRequest } from './page-reader.ts';
import type { Row } from './rows.ts';

/** The maximum number of lists that wait or are read. One more is rejected with StoreBusy. */
const MAX_WAITING = 64;

/** The time limit of a list, the same as for statements in PostgreSQL. */
const TIMEOUT_MS = 2_000;

interface Waiting {
  resolve: (page: Page<Row>) => void;
  reject: (reason: unknown) => void;
}

/** Reads long lists in another thread, one after another. */
export class LongListReader {
  readonly #data: ListThreadData;
  readonly #slots = new CallerSlots();
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #count = 0;
  #closed = false;

  /** @param timeout the time limit of a list, in milliseconds. */
  constructor(file: string, timeout = TIMEOUT_MS) {
    this.#data = { file, timeout };
  }

  read(request: ListRequest): Promise<Page<Row>> {
    return this.#slots.run(request.query.caller, () => this.#send(request));
  }

  /** Ends the thread after the lists that are waiting. Fulfilled when the thread has closed the file. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#thread === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    // `once` of node:events would reject if the thread fails; then it has ended, too.
    this.#thread.on('exit', resolve);
    this.#thread.postMessage('close' satisfies ListThreadRequest);
    await ended;
  }

  #send(request: ListRequest): Promise<Page<Row>> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the database is being closed'));
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(new StoreBusy(`${MAX_WAITING} long lists are waiting already`));
    }
    return new Promise((resolve, reject) => {
      const number = this.#count++;
      this.#waiting.set(number, { resolve, reject });
      this.#thread ??= this.#startThread();
      this.#thread.postMessage({ ...request, number } satisfies ListThreadRequest);
    });
  }

  #startThread(): Worker {
    const thread = new Worker(new URL('list-thread.ts', import.meta.url), {
      workerData: this.#data,
    });
    thread.on('message', (reply: ListThreadReply) => {
      const waiting = this.#waiting.get(reply.number);
      this.#waiting.delete(reply.number);
      if ('page' in reply) waiting?.resolve(reply.page);
      else if (reply.error.timedOut) waiting?.reject(new StoreBusy(`SQLite: ${reply.error.message}`));
      else waiting?.reject(translateError(Object.assign(new Error(reply.error.message), reply.error)));
    });
    // For example, it could not open the file. The next list starts another thread.
    thread.on('error', (cause) => {
      this.#thread = undefined;
      for (const { reject } of this.#waiting.values()) {
        reject(new StoreUnavailable('the thread that reads lists failed', { cause }));
      }
      this.#waiting.clear();
    });
    return thread;
  }
}
