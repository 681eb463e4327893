import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseStatus } from '../../domain/status.ts';

/** The size of a database file with its write-ahead log, and the space on its disk. */
export async function readSpace(file: string): Promise<Pick<DatabaseStatus, 'sizeBytes' | 'disk'>> {
  const sizeOf = (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  const [size, logSize, disk] = await Promise.all([sizeOf(file), sizeOf(`${file}-wal`), statfs(dirname(file))]);
  // What the system reserves for root is not free.
  return {
    sizeBytes: size + logSize,
    disk: { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
  };
}
