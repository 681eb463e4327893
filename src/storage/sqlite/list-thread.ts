import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import type { Page } from '../../domain/lists.ts';
import { type ListRequest, PageReader } from './page-reader.ts';
import type { Row } from './rows.ts';
import { serveCalls, TimedOut } from './thread-calls.ts';

/** The `workerData` of the thread. */
export interface ListThreadData {
  /** Path of the database file. */
  file: string;
  /** The time limit of a list, in milliseconds. */
  timeout: number;
}

const LOCK_TIMEOUT_MS = 5_000;

// The thread that a LongListReader calls. It may wait for a lock, because it does nothing but read lists.
const { file, timeout } = workerData as ListThreadData;
const db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
// The default of 2 MiB is less than a search can read: in the index, a word may follow one with megabytes of rows.
db.exec('PRAGMA cache_size = -8192');
let deadline = Number.POSITIVE_INFINITY;
const pages = new PageReader(db, () => {
  if (performance.now() > deadline) throw new TimedOut(`a list took longer than ${timeout} ms`);
});

serveCalls<ListRequest, Page<Row>>({
  handle(request) {
    deadline = performance.now() + timeout;
    try {
      // A page and its total are read from one snapshot.
      db.exec('BEGIN');
      return pages.read(request);
    } finally {
      if (db.isTransaction) db.exec('COMMIT');
    }
  },
  close: () => db.close(),
});
