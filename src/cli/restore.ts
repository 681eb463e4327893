import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { isInUse } from '../storage/sqlite/backup.ts';
import { publishFile, withFolderBeside } from './backup-file.ts';
import { CliError } from './cli-error.ts';
import { extractAndVerify } from './verify.ts';

/** `restore`. */
export async function restore({ database }: Config, name: string): Promise<void> {
  if (database.engine === 'postgres') {
    throw new CliError('restore works on SQLite only; for PostgreSQL, run pg_restore --dbname=URL FILE');
  }
  const source = resolve(name);
  const { file } = database;
  if (!existsSync(source)) throw new CliError(`there is no file ${source}`);
  rejectExisting(file);
  mkdirSync(dirname(file), { recursive: true });
  await withFolderBeside(file, async (folder) => {
    const copy = join(folder, 'copy.db');
    await extractAndVerify(source, copy);
    // A service may have been started in the meantime.
    rejectExisting(file);
    publishFile(copy, file);
  });
  process.stdout.write(`${source} is restored to ${file}.\n`);
}

function rejectExisting(file: string): void {
  if (existsSync(file)) {
    if (isInUse(file)) throw new CliError(`${file} is in use; stop the service first`);
    throw new CliError(`${file} exists and is not overwritten; move it to another directory first`);
  }
  for (const rest of [`${file}-wal`, `${file}-shm`]) {
    // SQLite would apply an old log to the restored file.
    if (existsSync(rest)) throw new CliError(`${rest} exists; stop the service and move it to another directory first`);
  }
}
