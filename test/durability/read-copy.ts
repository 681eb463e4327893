import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SeenUser } from './nth-user.ts';

export interface Contents {
  /** What `PRAGMA integrity_check` says: `ok`, or the errors. */
  integrity: string;
  users: SeenUser[];
}

/**
 * Reads the database that a server left behind, with no server running. It reads a copy: to open the original would
 * already repair it, and that is the restarted server's work, which is on trial too.
 */
export function readCopy(file: string): Contents {
  const folder = mkdtempSync(join(dirname(file), 'copy-'));
  try {
    const copy = join(folder, 'copy.db');
    // Not the -shm file: it is an index of the log, and made again from it.
    for (const suffix of ['', '-wal']) {
      if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
    }
    return read(copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(file: string): Contents {
  const db = new DatabaseSync(file);
  try {
    const errors = db.prepare('PRAGMA integrity_check').all();
    const rows = db.prepare('SELECT user_id, first_name, last_name, contact_email FROM users').all();
    return {
      integrity: errors.map((row) => row.integrity_check).join('; '),
      users: rows.map((row) => ({
        userId: row.user_id as number,
        firstName: row.first_name as string,
        lastName: row.last_name as string,
        contactEmail: row.contact_email as string,
      })),
    };
  } finally {
    db.close();
  }
}
