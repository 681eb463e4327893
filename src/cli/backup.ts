import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Config } from '../config/config.ts';
import { type DatabaseConfig, describeDatabase, directUrlOf } from '../config/database.ts';
import { copyDatabase } from '../storage/sqlite/backup.ts';
import { compressFile, isCompressedName, publishFile, withFolderBeside } from './backup-file.ts';
import { newBackupPath, pruneBackups, removeUnfinished } from './backup-folder.ts';
import { CliError } from './cli-error.ts';
import { showProgress } from './show-progress.ts';

/** `backup FILE`. */
export async function backUp({ database }: Config, name: string): Promise<void> {
  const file = resolve(name);
  await writeBackup(database, file);
  process.stdout.write(`${describeBackup(database, file)}.\n`);
}

/** `backup --to FOLDER`: a new backup, after which the oldest ones are deleted. Without `keep`, none is. */
export async function backUpTo({ database }: Config, folder: string, keep: number | undefined): Promise<void> {
  const now = Date.now();
  const file = newBackupPath(folder, database, now);
  await writeBackup(database, file);
  removeUnfinished(folder, now);
  const deleted = keep === undefined ? 0 : pruneBackups(folder, database, keep);
  const suffix = deleted === 0 ? '' : `; old backups deleted: ${deleted}`;
  process.stdout.write(`${describeBackup(database, file)}${suffix}.\n`);
}

function describeBackup(database: DatabaseConfig, file: string): string {
  return `${describeDatabase(database)} is backed up to ${file}: ${statSync(file).size} bytes`;
}

/** The file has its final name only when it is complete and on disk. */
async function writeBackup(database: DatabaseConfig, file: string): Promise<void> {
  rejectExisting(file);
  if (!existsSync(dirname(file))) throw new CliError(`there is no directory ${dirname(file)}; create it first`);
  await withFolderBeside(file, async (folder) => {
    const complete =
      database.engine === 'sqlite'
        ? await backUpSqlite(database.file, folder, file)
        : await backUpPostgres(directUrlOf(database), folder, file);
    // Another process may have created it in the meantime.
    rejectExisting(file);
    publishFile(complete, file);
  });
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
  const { inspectConnection, PoolerInBetween } = await import('../storage/postgres/pooler.ts');
  const { findPrimary } = await import('../storage/postgres/connect.ts');
  // pg_dump would change the sessions of other clients.
  if ((await inspectConnection(url)).pooled) throw new PoolerInBetween('pg_dump');
  const target = join(folder, 'copy.dump');
  const parsed = new URL(await findPrimary(url));
  // Other users can read the arguments of a process, but not its environment.
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  const env = { ...process.env, ...(password !== '' && { PGPASSWORD: password }) };
  const args = ['--format=custom', '--no-password', `--file=${target}`, `--dbname=${parsed.href}`];
  const child = spawn('pg_dump', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  const { promise: exited, resolve: exit, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('exit', exit);
  try {
    const [code, stderr] = await Promise.all([exited, text(child.stderr)]);
    if (code === 0) return target;
    throw new CliError(describeFailure(stderr));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError('pg_dump is not installed; install the PostgreSQL client programs of the version of the server');
  } finally {
    process.off('exit', kill);
  }
}

function describeFailure(stderr: string): string {
  const [, server, program] = /server version: ([\d.]+).*; pg_dump version: ([\d.]+)/.exec(stderr) ?? [];
  if (server !== undefined) {
    return `pg_dump is of version ${program} and the server of ${server}; install the PostgreSQL client programs of version ${Number.parseInt(server, 10)}`;
  }
  return `pg_dump failed: ${stderr.trim().replaceAll(/\s*\n\s*/g, '; ')}`;
}
