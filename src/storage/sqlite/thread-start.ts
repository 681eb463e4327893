import { readFileSync } from 'node:fs';
import { isSea } from 'node:sea';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts the thread of a file. The single executable has the files of threads bundled, but a thread cannot load a file from
 * it, so the thread gets the code.
 */
export function startThread(file: URL, options: WorkerOptions): Worker {
  return isSea() ? new Worker(readFileSync(file, 'utf8'), { ...options, eval: true }) : new Worker(file, options);
}
