import cluster from 'node:cluster';
import { isSea } from 'node:sea';

/** How to run this program, for suggested commands. */
export const COMMAND = isSea() ? process.argv[1] : 'npx task-api';

/** Makes processes that `cluster.fork` starts run this same command. */
export function prepareFork(): void {
  // `cluster` repeats the path of the program, which the single executable would read as an argument.
  if (isSea()) cluster.setupPrimary({ exec: process.argv[2] ?? '', args: process.argv.slice(3) });
}
