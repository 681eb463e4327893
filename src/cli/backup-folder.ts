import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DatabaseConfig, databaseName } from '../config/database.ts';
import { DAY_MS } from '../formats/duration.ts';
import { FOLDER_PREFIX } from './backup-file.ts';

/**
 * The path of a new backup in a directory, such as `task-api-20261128T060000Z.db.zst`. In the order of names, the newest is
 * last.
 *
 * @param now in milliseconds since the epoch. Names show UTC.
 */
export function newBackupPath(folder: string, database: DatabaseConfig, now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const { name, extension } = namesOf(database);
  return join(folder, `${name}-${time}${extension}`);
}

/** Deletes the oldest backups of the database, so that `keep` are left. Deletes nothing else. Returns how many it deleted. */
export function pruneBackups(folder: string, database: DatabaseConfig, keep: number): number {
  const { name, extension } = namesOf(database);
  const isBackup = (file: string) =>
    file.startsWith(`${name}-`) &&
    file.endsWith(extension) &&
    /^\d{8}T\d{6}Z$/.test(file.slice(name.length + 1, file.length - extension.length));
  const old = readdirSync(folder).filter(isBackup).sort().slice(0, -keep);
  for (const file of old) rmSync(join(folder, file), { force: true });
  return old.length;
}

/** Deletes what processes that were killed more than a day ago have left. */
export function removeUnfinished(folder: string, now: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith(FOLDER_PREFIX)) continue;
    const path = join(folder, entry.name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && stats.mtimeMs < now - DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** The database in names of files, so that several databases can share a directory. */
function namesOf(database: DatabaseConfig): { name: string; extension: string } {
  const [name, extension] =
    database.engine === 'sqlite'
      ? [basename(database.file).replace(/\.db$/, ''), '.db.zst']
      : [databaseName(database), '.dump'];
  return { name: name.replaceAll(/[^\w.-]/g, '_'), extension };
}
