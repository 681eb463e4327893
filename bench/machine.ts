import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.ts';

const SYNCS = 100;
const PAGE_BYTES = 4096;

/** What the numbers depend on, a line each. `folder` is on the disk that the databases are on. */
export function describeMachine(folder: string): string[] {
  return [
    `Node ${process.versions.node}, ${type()} ${release()}`,
    `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'of an unknown model'}`,
    `fsync of ${PAGE_BYTES} appended bytes: ${measureFsync(folder).toFixed(2)} ms (median of ${SYNCS})`,
  ];
}

/** In milliseconds. */
function measureFsync(folder: string): number {
  const file = openSync(join(folder, 'fsync'), 'w');
  const page = Buffer.alloc(PAGE_BYTES, 'x');
  const times = Array.from({ length: SYNCS }, () => {
    const start = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return median(times);
}
