import { closeSync, fsyncSync, openSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import type { Progress } from '../../domain/progress.ts';
import { openReader } from './database.ts';
import { isBusy, translateOpenError } from './errors.ts';
import { checkVersion } from './migrate.ts';

/** The number of pages copied before they are synced and the progress is shown: 1 MiB. */
const PAGES_PER_STEP = 256;

/**
 * Writes a consistent copy of a database that other processes may write. The copy is a single file without a WAL.
 *
 * @param target a file that does not exist.
 * @throws StoreUnusable if the file is not a database of this program.
 */
export async function copyDatabase(file: string, target: string, progress: Progress): Promise<void> {
  let source: DatabaseSync | undefined;
  const written = openSync(target, 'wx');
  try {
    source = openReader(file);
    // SQLite starts a copy again after each commit of another process, so that it would never end under load. A read
    // transaction during all steps prevents that: each step reads the same snapshot.
    source.exec('BEGIN');
    checkVersion(source);
    const pages = source.prepare('PRAGMA page_count').get()?.page_count as number;
    progress.start('copying the database', 'pages', pages, 0);
    let done = 0;
    await backup(source, target, {
      rate: PAGES_PER_STEP,
      progress: ({ totalPages, remainingPages }) => {
        progress.advance(totalPages - remainingPages - done);
        done = totalPages - remainingPages;
        // One sync of the whole copy would delay the syncs of the service on the same disk.
        fsyncSync(written);
      },
    });
    progress.advance(pages - done);
    progress.stop();
  } catch (error) {
    throw translateOpenError(error, file);
  } finally {
    source?.close();
    closeSync(written);
  }
  const copy = new DatabaseSync(target);
  try {
    // The copy has the WAL mode of the source: without this, each reader would create two files beside it.
    copy.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

/** Whether a process has the database file open. Waits for none. */
export function isInUse(file: string): boolean {
  const db = new DatabaseSync(file);
  try {
    // Before the first read, so that even a process that only has the file open is detected.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw translateOpenError(error, file);
  } finally {
    db.close();
  }
}
