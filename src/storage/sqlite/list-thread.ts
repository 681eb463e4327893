import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Page } from '../../domain/lists.ts';
import { type ListRequest, PageReader } from './page-reader.ts';
import type { Row } from './rows.ts';

/** A message to the thread: a list to read, with a number that the reply repeats, or the request to end. */
export type ListThreadRequest = (ListRequest & { number: number }) | 'close';

/** A reply of the thread. An error is sent as an object, because its class would be lost. */
export type ListThreadReply = { number: number } & (
  | { page: Page<Row> }
  | { error: { message: string; errcode: number | undefined; timedOut: boolean } }
);

/** The `workerData` of the thread. */
export interface ListThreadData {
  /** Path of the database file. */
  file: string;
  /** The time limit of a list, in milliseconds. */
  timeout: number;
}

const LOCK_TIMEOUT_MS = 5_000;

class TimedOut extends Error {}

// The thread that a LongListReader starts. It may wait for a lock, because it does nothing but read lists.
const port = parentPort as MessagePort;
const { file, timeout } = workerData as ListThreadData;
const db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
let deadline = Number.POSITIVE_INFINITY;
const pages = new PageReader(db, () => {
  if (performance.now() > deadline) throw new TimedOut(`a list took longer than ${timeout} ms`);
});

port.on('message', (request: ListThreadRequest) => {
  if (request === 'close') {
    db.close();
    port.close();
  } else {
    port.postMessage(read(request));
  }
});

function read({ number, ...request }: ListRequest & { number: number }): ListThreadReply {
  deadline = performance.now() + timeout;
  try {
    // A page and its total are read from one snapshot.
    db.exec('BEGIN');
    return { number, page: pages.read(request) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { number, error: { message, errcode, timedOut: error instanceof TimedOut } };
  } finally {
    if (db.isTransaction) db.exec('COMMIT');
  }
}
