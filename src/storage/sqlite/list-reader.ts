import { Worker } from 'node:worker_threads';
import type { Page } from '../../domain/lists.ts';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { CallerSlots } from '../sql/caller-slots.ts';
import { translateError } from './errors.ts';
import type { ListThreadData, ListThreadReply, ListThreadRequest } from './list-thread.ts';
import type { ListRequest } from './lists.ts';
import type { Row } from './rows.ts';

/** How many lists may be asked for at a time; one more is refused with StoreUnavailable. */
const MAX_WAITING = 64;

/** How long a list may take, in milliseconds: as long as a statement of PostgreSQL may. */
const TIMEOUT_MS = 2_000;

interface Waiting {
  resolve: (page: Page<Row>) => void;
  reject: (reason: unknown) => void;
}

/** Reads lists in another thread, one after another: those whose time depends on how many rows there are. */
export class ListReader {
  readonly #data: ListThreadData;
  readonly #slots = new CallerSlots();
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #count = 0;
  #closed = false;

  /** @param timeout how long a list may take, in milliseconds. */
  constructor(file: string, timeout = TIMEOUT_MS) {
    this.#data = { file, timeout };
  }

  read(request: ListRequest): Promise<Page<Row>> {
    return this.#slots.run(request.query.caller, () => this.#send(request));
  }

  /** Ends the thread once it has answered what waits. Fulfilled when it no longer has the file open. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#thread === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    // Not `once` of node:events, which is rejected when the thread fails: it has ended then, too.
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
    // It could not open the file, or ran out of memory: the next list starts another one.
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
