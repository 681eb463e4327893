import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { prepare } from './rows.ts';

/** `truncate` also truncates the WAL file, if no connection reads from it. */
export type CheckpointRequest = 'checkpoint' | 'truncate' | 'close';

/** Whether the WAL file was truncated. */
export type CheckpointReply = { truncated: boolean };

/** No process can write while the WAL is truncated, so at most this many pages may be left to copy. */
const MAX_REMAINING_PAGES = 4_000;

// The thread that a Checkpointer starts. It runs a checkpoint on request and replies when it is done.
const port = parentPort as MessagePort;
const db = new DatabaseSync(workerData as string);
// The database file must be synced before the WAL is overwritten.
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
    const [, walPages, copiedPages] = checkpoint.get() as [busy: number, walPages: number, copiedPages: number];
    if (request === 'truncate' && walPages - copiedPages <= MAX_REMAINING_PAGES) truncated = truncate.get()?.[0] === 0;
  } catch {
    // For example, the disk is full. The WAL keeps the data, and the next commit requests another checkpoint.
  }
  port.postMessage({ truncated } satisfies CheckpointReply);
});
