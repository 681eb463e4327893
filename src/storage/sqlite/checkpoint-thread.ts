import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { prepare } from './rows.ts';

/** `truncate` also shortens the log's file, if nothing reads from it. */
export type CheckpointRequest = 'checkpoint' | 'truncate' | 'close';

/** Whether the log's file was shortened. */
export type CheckpointReply = { truncated: boolean };

/** How many pages may be left before the log is truncated, during which no process can write. */
const MAX_LEFT_PAGES = 4_000;

// The thread that a Checkpointer starts: carries the log over when told, and says when it has.
const port = parentPort as MessagePort;
const db = new DatabaseSync(workerData as string);
// What is in the file must be on disk before the log begins anew.
db.exec('PRAGMA synchronous = FULL');
const checkpoint = prepare(db, 'PRAGMA wal_checkpoint(PASSIVE)');
const truncate = prepare(db, 'PRAGMA wal_checkpoint(TRUNCATE)');

port.on('message', (request: CheckpointRequest) => {
  if (request === 'close') {
    db.close();
    port.close();
    return;
  }
  let truncated = false;
  try {
    const [, length, carried] = checkpoint.get() as [number, number, number];
    if (request === 'truncate' && length - carried <= MAX_LEFT_PAGES) truncated = truncate.get()?.[0] === 0;
  } catch {
    // A full disk, for one: the log keeps everything, and the next commit asks again.
  }
  port.postMessage({ truncated } satisfies CheckpointReply);
});
