import { readdirSync, readFileSync } from 'node:fs';
import { getAsset, getAssetKeys, isSea } from 'node:sea';

// The files of the program that are not imported: pages, migrations, the code of threads. The single executable has them in
// itself, under their paths in the project, and its modules have URLs like `file:///src/main.ts`.

/** Reads a file of the program. It waits for the disk: only for the start. */
export function readProgramFile(file: URL): Buffer {
  return isSea() ? Buffer.from(getAsset(keyOf(file))) : readFileSync(file);
}

/** The names of the files in a folder of the program. The URL ends with `/`. */
export function listProgramFiles(folder: URL): string[] {
  if (!isSea()) return readdirSync(folder);
  const prefix = keyOf(folder);
  return getAssetKeys()
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

function keyOf(file: URL): string {
  return file.pathname.slice(1);
}
