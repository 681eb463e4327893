import { fdatasyncSync, openSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { BatchKeyRows } from './batch-keys.ts';
import type { BatchRequest, BatchThreadData, BatchThreadReply, BatchThreadRequest } from './batch-requests.ts';
import { BatchRunner } from './batch-runner.ts';
import { openDatabase, openReader } from './database.ts';
import { SQLITE_IOERR_FSYNC } from './errors.ts';
import { prepare } from './rows.ts';
import { prepareSharedRows } from './shared-rows.ts';

// The thread that a BatchWriter starts. It may wait for the lock and for the disk, because it does nothing else. Each commit
// is synced before it becomes visible.
const port = parentPort as MessagePort;
const { file, log } = workerData as BatchThreadData;
const db = openDatabase(file);
// The Checkpointer decides when to run a checkpoint.
db.exec('PRAGMA wal_autocheckpoint = 0');
let now = 0;
const connection = { db, clock: () => now };
const runner = new BatchRunner(db, {
  ...prepareSharedRows(connection),
  batchKeys: new BatchKeyRows(connection),
  syncRestartedLog: prepareLogSync(),
});

port.on('message', (message: BatchThreadRequest) => {
  if (message === 'close') {
    db.close();
    port.close();
    return;
  }
  now = message.now;
  port.postMessage(run(message.request));
});
port.postMessage('opened' satisfies BatchThreadReply);

function run(request: BatchRequest): BatchThreadReply {
  try {
    return { result: runner.run(request) };
  } catch (error) {
    const { message, stack, errcode } = error as Error & { errcode?: number };
    return { error: { message, stack, errcode } };
  }
}

/**
 * Another connection may have restarted the log without syncing its header: see the Checkpointer. Then it has one page. It must
 * be synced before the next one is written.
 */
function prepareLogSync(): () => void {
  const fd = openSync(log, 'r+');
  // The connection that writes cannot measure in its transaction.
  const measure = prepare(openReader(file), 'PRAGMA wal_checkpoint(NOOP)');
  return () => {
    const [, walPages] = measure.get() as [busy: number, walPages: number, copiedPages: number];
    if (walPages !== 1) return;
    try {
      fdatasyncSync(fd);
    } catch (cause) {
      throw Object.assign(new Error((cause as Error).message, { cause }), { errcode: SQLITE_IOERR_FSYNC });
    }
  };
}
