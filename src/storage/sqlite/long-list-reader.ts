import type { Page } from '../../domain/lists.ts';
import { StoreBusy } from '../../domain/outcomes.ts';
import type { CallerSlots } from '../sql/caller-slots.ts';
import type { ListThreadData } from './list-thread.ts';
import type { ListRequest } from './page-reader.ts';
import type { Row } from './rows.ts';
import { ThreadCalls } from './thread-calls.ts';

/** The maximum number of lists that wait or are read. One more is rejected with StoreBusy. */
const MAX_WAITING = 64;

/** The time limit of a list, the same as for statements in PostgreSQL. */
const TIMEOUT_MS = 2_000;

export interface LongListReaderOptions {
  slots: CallerSlots;
  /** The time limit of a list, in milliseconds. Default: 2000. */
  timeout?: number | undefined;
}

/** Reads long lists in another thread, one after another. */
export class LongListReader {
  readonly #slots: CallerSlots;
  readonly #thread: ThreadCalls<ListRequest, Page<Row>>;

  constructor(file: string, { slots, timeout = TIMEOUT_MS }: LongListReaderOptions) {
    this.#slots = slots;
    const data: ListThreadData = { file, timeout };
    this.#thread = new ThreadCalls('reads lists', new URL('list-thread.ts', import.meta.url), data);
  }

  read(request: ListRequest): Promise<Page<Row>> {
    return this.#slots.run(request.query.caller, () => this.#read(request));
  }

  /** Ends the thread after the lists that are waiting. Fulfilled when the thread has closed the file. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  #read(request: ListRequest): Promise<Page<Row>> {
    if (this.#thread.waiting >= MAX_WAITING) {
      return Promise.reject(new StoreBusy(`${MAX_WAITING} long lists are waiting already`));
    }
    return this.#thread.call(request);
  }
}
