import { availableParallelism, cpus, release, type } from 'node:os';
import { measureFsync, PAGE_BYTES, SYNCS } from './fsync-time.ts';

/** What the numbers depend on, a line each. `folder` is on the disk that the databases are on. */
export function describeMachine(folder: string): string[] {
  return [
    `Node ${process.versions.node}, ${type()} ${release()}`,
    `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'of an unknown model'}`,
    `fsync of ${PAGE_BYTES} appended bytes: ${measureFsync(folder).toFixed(2)} ms (median of ${SYNCS})`,
  ];
}
