import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import threads, { isMainThread, type WorkerOptions } from 'node:worker_threads';
import { Snapshots } from '../../src/storage/sqlite/snapshots.ts';

// Loaded into a server by NODE_OPTIONS, to prove that fsync.test.ts and power.test.ts would notice: the sync of
// the write-ahead log is left out, or that of batches, or it is not waited for, or what it is for is shown while it is running.
const { WEAKEN_SYNC } = process.env;
if (isMainThread) {
  // A server starts its threads without NODE_OPTIONS.
  threads.Worker = class extends threads.Worker {
    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, { ...options, execArgv: [`--import=${import.meta.url}`] });
    }
  };
  syncBuiltinESMExports();
}
if (WEAKEN_SYNC === 'left out' && !isMainThread) {
  fs.fdatasyncSync = () => {};
  syncBuiltinESMExports();
}
if (WEAKEN_SYNC === 'left out of batches' && !isMainThread) {
  const { exec } = DatabaseSync.prototype;
  // The settings of a connection that writes; the thread of the checkpoints has its own.
  DatabaseSync.prototype.exec = function (sql: string) {
    exec.call(this, sql.includes('journal_mode') ? sql.replace('synchronous = FULL', 'synchronous = OFF') : sql);
  };
}
if (WEAKEN_SYNC === 'not waited for') {
  Atomics.waitAsync = () => ({ async: false, value: 'not-equal' });
}
if (WEAKEN_SYNC === 'shown early') {
  Snapshots.prototype.hold = () => {};
}
