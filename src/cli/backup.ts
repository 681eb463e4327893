import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Config } from '../config/config.ts';
import { describeDatabase } from '../config/database.ts';
import { copyDatabase } from '../storage/sqlite/backup.ts';
import { compressFile, isCompressedName, publishFile, withFolderBeside } from './backup-file.ts';
import { CliError } from './cli-error.ts';
import { showProgress } from './show-progress.ts';

/** `backup`. The file has its final name only when it is complete and on disk. */
export async function backUp({ database }: Config, name: string): Promise<void> {
  const file = resolve(name);
  rejectExisting(file);
  if (!existsSync(dirname(file))) throw new CliError(`there is no directory ${dirname(file)}; create it first`);
  await withFolderBeside(file, async (folder) => {
    const complete =
      database.engine === 'sqlite'
        ? await backUpSqlite(database.file, folder, file)
        : await backUpPostgres(database.url, folder, file);
    // Another process may have created it in the meantime.
    rejectExisting(file);
    publishFile(complete, file);
  });
  process.stdout.write(`${describeDatabase(database)} is backed up to ${file}: ${statSync(file).size} bytes.\n`);
}

function rejectExisting(file: string): void {
  if (existsSync(file)) throw new CliError(`${file} exists and is not overwritten; choose another name`);
}

/** Writes the backup to `folder`. Returns its path. */
async function backUpSqlite(source: string, folder: string, name: string): Promise<string> {
  if (!existsSync(source)) throw new CliError(`there is no file ${source}; name it with --database-url file:PATH`);
  const copy = join(folder, 'copy.db');
  // The requests of the service go first.
  setPriority(constants.priority.PRIORITY_LOW);
  const progress = showProgress();
  try {
    await copyDatabase(source, copy, progress);
    if (!isCompressedName(name)) return copy;
    const compressed = join(folder, 'compressed');
    await compressFile(copy, compressed, name, progress);
    return compressed;
  } finally {
    progress.stop();
  }
}

async function backUpPostgres(url: string, folder: string, name: string): Promise<string> {
  if (isCompressedName(name)) {
    throw new CliError('pg_dump compresses its format itself; choose a name that ends in neither .zst nor .gz');
  }
  const target = join(folder, 'copy.dump');
  const parsed = new URL(url);
  // Other users can read the arguments of a process, but not its environment.
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  const env = { ...process.env, ...(password !== '' && { PGPASSWORD: password }) };
  const args = ['--format=custom', '--no-password', `--file=${target}`, `--dbname=${parsed.href}`];
  const child = spawn('pg_dump', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const { promise: exited, resolve: exit, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('exit', exit);
  try {
    const [code, stderr] = await Promise.all([exited, text(child.stderr)]);
    if (code === 0) return target;
    throw new CliError(`pg_dump failed: ${stderr.trim().replaceAll(/\s*\n\s*/g, '; ')}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError('pg_dump is not installed; install the PostgreSQL client programs of the version of the server');
  }
}
