import type { Worker } from 'node:worker_threads';

/** Fulfilled when a thread has ended, also by an error. `once` of node:events would reject then. */
export function threadExit(thread: Worker): Promise<void> {
  return new Promise((resolve) => thread.on('exit', () => resolve()));
}
