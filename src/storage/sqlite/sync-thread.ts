import { fdatasyncSync } from 'node:fs';
import { constants } from 'node:os';
import { workerData } from 'node:worker_threads';
import { END, SYNC_STATE, type SyncThreadData } from './sync-state.ts';

// The thread that a LogSync starts. It has no event loop: it waits for a request, syncs, and wakes the other thread.
const { fd, state: shared } = workerData as SyncThreadData;
const state = new Int32Array(shared);
let number = 0;
while (true) {
  Atomics.wait(state, SYNC_STATE.requested, number);
  number = Atomics.load(state, SYNC_STATE.requested);
  if (number === END) break;
  const start = performance.now();
  let errno = 0;
  try {
    fdatasyncSync(fd);
  } catch (error) {
    errno = (error as NodeJS.ErrnoException).errno ?? -constants.errno.EIO;
  }
  Atomics.store(state, SYNC_STATE.errno, errno);
  Atomics.store(state, SYNC_STATE.microseconds, Math.round((performance.now() - start) * 1000));
  Atomics.store(state, SYNC_STATE.ended, number);
  Atomics.notify(state, SYNC_STATE.ended);
}
