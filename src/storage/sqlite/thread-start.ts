import { isSea } from 'node:sea';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { readProgramFile } from '../../program-files.ts';

/** Starts the thread of a file. The single executable has no files that a thread could load, so there it gets the code. */
export function startThread(file: URL, options: WorkerOptions): Worker {
  return isSea() ? new Worker(readProgramFile(file).toString(), { ...options, eval: true }) : new Worker(file, options);
}
