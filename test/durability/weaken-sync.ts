import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { Snapshots } from '../../src/storage/sqlite/snapshots.ts';

// Loaded into a server by NODE_OPTIONS, which its threads inherit, to prove that fsync.test.ts and power.test.ts would notice: the sync of
// the write-ahead log is left out, or it is not waited for, or what it is for is shown while it is running.
const { WEAKEN_SYNC } = process.env;
if (WEAKEN_SYNC === 'left out' && !isMainThread) {
  fs.fdatasyncSync = () => {};
  syncBuiltinESMExports();
}
if (WEAKEN_SYNC === 'not waited for') {
  Atomics.waitAsync = () => ({ async: false, value: 'not-equal' });
}
if (WEAKEN_SYNC === 'shown early') {
  Snapshots.prototype.hold = () => {};
}
