import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ExposedFile {
  file: string;
  /** Its permissions, such as `0644`. */
  mode: string;
}

/**
 * Returns the files of the database, including the development mode's key, that other users of the machine can read or
 * write. The service creates them for its own user only, but a copy or a restored backup may have other permissions.
 */
export function exposedFiles(database: string): ExposedFile[] {
  // The mode does not show the permissions of Windows.
  if (process.platform === 'win32') return [];
  const folder = modeOf(dirname(database)) ?? 0;
  // A file can be reached only through a folder with execute permission.
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
