import { createHash } from 'node:crypto';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { listProgramFiles, readProgramFile } from '../../program-files.ts';

export interface Migration {
  version: number;
  sql: string;
  /** SHA-256 of the SQL, in hexadecimal. */
  sha256: string;
}

/** A migration that a database records as applied. */
export type AppliedMigration = Pick<Migration, 'version' | 'sha256'>;

/** The numbered SQL files of a folder, in order: `0001_name.sql` brings a database to version 1. */
export function readMigrations(folder: URL): Migration[] {
  return listProgramFiles(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      // Git may check files out with other line endings, which would change the hash.
      const sql = readProgramFile(new URL(name, folder)).toString().replaceAll('\r\n', '\n');
      return { version: Number.parseInt(name, 10), sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Compares the migrations that a database records with those of this program, by number and hash.
 *
 * @param name the database, for messages.
 * @param applied the migrations that the database records, by number.
 * @returns the migrations that are still to be applied, by number.
 * @throws StoreUnusable if the database is newer than this program, a number is missing, or a hash differs.
 */
export function pendingMigrations(name: string, applied: AppliedMigration[], program: Migration[]): Migration[] {
  for (const [i, { version }] of program.entries()) {
    if (version === i + 1) continue;
    const found = version > i + 1 ? `lacks migration ${i + 1}` : `has two migrations ${version}`;
    throw new StoreUnusable(`this program ${found}: reinstall it`);
  }
  const newest = applied.at(-1)?.version ?? 0;
  if (newest > program.length) {
    throw new StoreUnusable(
      `${name} is at version ${newest}, this program knows versions up to ${program.length}: use the newer program`,
    );
  }
  for (const [i, { version, sha256 }] of applied.entries()) {
    if (version !== i + 1) {
      throw new StoreUnusable(
        `${name} is at version ${newest} but does not record migration ${i + 1}: restore it from a backup`,
      );
    }
    if (sha256 !== program[i]?.sha256) {
      throw new StoreUnusable(
        `migration ${version} of ${name} differs from that of this program (SHA-256 ${sha256.slice(0, 12)}… instead of ` +
          `${program[i]?.sha256.slice(0, 12)}…): use the program that migrated it`,
      );
    }
  }
  return program.slice(applied.length);
}
