import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { isSyncFailure } from './errors.ts';
import { prepare } from './rows.ts';

/** `truncate` also truncates the WAL file, if no connection reads from it. */
export type CheckpointRequest = 'checkpoint' | 'truncate' | 'close';

export interface CheckpointReply {
  /** The length of the WAL, in pages. */
  walPages: number;
  /** How many of these pages are in the database file. */
  copiedPages: number;
  /** Whether the WAL file was truncated. */
  truncated: boolean;
  /** Why a file could not be synced, if it could not. */
  syncFailure?: string | undefined;
}

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
  port.postMessage(run(request === 'truncate'));
});

function run(mayTruncate: boolean): CheckpointReply {
  const reply: CheckpointReply = { walPages: 0, copiedPages: 0, truncated: false };
  try {
    const [, walPages, copiedPages] = checkpoint.get() as [busy: number, walPages: number, copiedPages: number];
    reply.walPages = walPages;
    reply.copiedPages = copiedPages;
    if (mayTruncate && walPages - copiedPages <= MAX_REMAINING_PAGES) reply.truncated = truncate.get()?.[0] === 0;
  } catch (error) {
    // After other errors, such as a full disk, the WAL keeps the data, and another checkpoint is requested.
    if (isSyncFailure(error)) reply.syncFailure = (error as Error).message;
  }
  return reply;
}
