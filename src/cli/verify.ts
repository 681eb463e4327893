import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { verifyDatabase } from '../storage/sqlite/verify.ts';
import { extractFile, withFolderBeside } from './backup-file.ts';
import { CliError } from './cli-error.ts';
import { showProgress } from './show-progress.ts';

/** `verify`. */
export async function verify({ database }: Config, name: string | undefined): Promise<void> {
  if (name !== undefined) {
    const file = resolve(name);
    if (!existsSync(file)) throw new CliError(`there is no file ${file}`);
    await withFolderBeside(file, (folder) => extractAndVerify(file, join(folder, 'copy.db')));
    return;
  }
  if (database.engine === 'postgres') {
    throw new CliError('verify checks SQLite databases only; PostgreSQL has pg_amcheck');
  }
  if (!existsSync(database.file)) throw new CliError(`there is no file ${database.file}`);
  await verifyFile(database.file, database.file);
}

/**
 * Writes a backup to `target`, decompressed, and verifies it.
 *
 * @throws CliError if it cannot be read, or an error is found in it.
 */
export async function extractAndVerify(file: string, target: string): Promise<void> {
  const progress = showProgress();
  try {
    await extractFile(file, target, progress);
  } catch (error) {
    throw new CliError(`${file} cannot be read (${(error as Error).message}); use another backup`, { cause: error });
  } finally {
    progress.stop();
  }
  await verifyFile(target, file);
}

async function verifyFile(file: string, shownAs: string): Promise<void> {
  const progress = showProgress();
  try {
    const { counts, problems, errors } = await verifyDatabase(file, progress);
    for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
    if (errors > 0) throw new CliError(`${shownAs}: ${errors} ${errors === 1 ? 'error' : 'errors'} found`);
    const rows = [...counts].map(([table, count]) => `${count} ${table}`).join(', ');
    process.stdout.write(`${shownAs} has no errors: ${rows}.\n`);
  } finally {
    progress.stop();
  }
}
