import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Page } from '../../domain/lists.ts';
import { type ListRequest, Lists } from './lists.ts';
import type { Row } from './rows.ts';

/** What the thread is sent: a list to read, under a number that its answer repeats, or word to end. */
export type ListThreadRequest = (ListRequest & { number: number }) | 'close';

/** What it answers. An error loses its class on the way, but not its SQLite code, and whether the time was up. */
export type ListThreadReply = { number: number } & (
  | { page: Page<Row> }
  | { error: { message: string; errcode: number | undefined; timedOut: boolean } }
);

/** What the thread is started with. */
export interface ListThreadData {
  /** Path of the database file. */
  file: string;
  /** How long a list may take, in milliseconds. */
  timeout: number;
}

class TimedOut extends Error {}

// The thread that a ListReader starts. It only reads, and may wait for a lock: nothing else waits here.
const port = parentPort as MessagePort;
const { file, timeout } = workerData as ListThreadData;
const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
let deadline = Number.POSITIVE_INFINITY;
const lists = new Lists(db, () => {
  if (performance.now() > deadline) throw new TimedOut(`a list took longer than ${timeout} ms`);
});

port.on('message', (request: ListThreadRequest) => {
  if (request === 'close') {
    db.close();
    port.close();
  } else {
    port.postMessage(answer(request));
  }
});

function answer({ number, ...request }: ListRequest & { number: number }): ListThreadReply {
  deadline = performance.now() + timeout;
  try {
    return { number, page: lists.read(request) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { number, error: { message, errcode, timedOut: error instanceof TimedOut } };
  }
}
