import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './statistics.ts';

export const SYNCS = 100;
export const PAGE_BYTES = 4096;

/** How long an fsync of appended bytes takes in `folder`, in milliseconds. */
export function measureFsync(folder: string): number {
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

// Run with a folder, prints the time.
if (import.meta.main) process.stdout.write(String(measureFsync(process.argv[2] as string)));
