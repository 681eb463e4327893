import { isSea } from 'node:sea';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { readProgramFile } from '../../program-files.ts';

/**
 * Starts the thread of a file. The single executable has no files that a thread could load, so there it gets the code.
 *
 * What the operator loads into the process with `--import` and `NODE_OPTIONS`, such as the SDK of OpenTelemetry, is not loaded
 * into the thread as well.
 */
export function startThread(file: URL, options: WorkerOptions): Worker {
  const all: WorkerOptions = { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' }, ...options };
  return isSea() ? new Worker(readProgramFile(file).toString(), { ...all, eval: true }) : new Worker(file, all);
}
