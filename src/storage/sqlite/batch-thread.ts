import { fdatasyncSync, openSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { BatchKeyRows } from './batch-keys.ts';
import type { BatchCall, BatchResult, BatchThreadData } from './batch-requests.ts';
import { BatchRunner } from './batch-runner.ts';
import { openDatabase, openReader } from './database.ts';
import { SQLITE_IOERR_FSYNC } from './errors.ts';
import { prepare } from './rows.ts';
import { prepareSharedRows } from './shared-rows.ts';
import { serveCalls } from './thread-calls.ts';

// The thread that a BatchWriter calls. It may wait for the lock and for the disk, because it does nothing else. Each commit
// is synced before it becomes visible.
const { file, log } = workerData as BatchThreadData;
const db = openDatabase(file);
// The Checkpointer decides when to run a checkpoint. A batch of 1,000 tasks may change 10,000 pages. If they were written as
// soon as the cache is full, many would be written twice.
db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA cache_spill = OFF');
let now = 0;
let write = (): BatchResult => {
  throw new Error('no batch is prepared');
};
const connection = { db, clock: () => now };
const runner = new BatchRunner(db, {
  ...prepareSharedRows(connection),
  batchKeys: new BatchKeyRows(connection),
  syncRestartedLog: prepareLogSync(),
});

serveCalls<BatchCall, BatchResult | undefined>({
  handle(call) {
    if ('prepare' in call) {
      write = runner.prepare(call.prepare);
      return undefined;
    }
    now = call.writeAt;
    return write();
  },
  close: () => db.close(),
});

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
