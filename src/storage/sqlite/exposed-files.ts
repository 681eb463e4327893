import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ExposedFile {
  file: string;
  /** Its permissions, as `0644`. */
  mode: string;
}

/**
 * Those of the database's files, and of the key that development mode keeps beside it, that other users of the machine
 * can read or write. The service makes all of them its owner's alone; a copy or a restored backup may have other permissions.
 */
export function exposedFiles(database: string): ExposedFile[] {
  // Windows has other permissions, which these numbers do not show.
  if (process.platform === 'win32') return [];
  const folder = modeOf(dirname(database)) ?? 0;
  // Only who may enter the folder reaches a file in it.
  const reachable = (folder & 0o010 ? 0o070 : 0) | (folder & 0o001 ? 0o007 : 0);
  return ['', '-wal', '-shm', '.key'].flatMap((ending) => {
    const file = `${database}${ending}`;
    const mode = modeOf(file) ?? 0;
    return (mode & reachable) === 0 ? [] : [{ file, mode: (mode & 0o777).toString(8).padStart(4, '0') }];
  });
}

function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode;
  } catch {
    return undefined;
  }
}
