import { createHash } from 'node:crypto';
import manifest from '../../../package.json' with { type: 'json' };
import { StoreUnusable } from '../../domain/outcomes.ts';
import { listProgramFiles, readProgramFile } from '../../program-files.ts';

export interface Migration {
  version: number;
  /** What the file is named for, such as `task filters`. */
  name: string;
  sql: string;
  /** SHA-256 of the SQL, in hexadecimal. */
  sha256: string;
}

/** A migration that a database records as applied. */
export type AppliedMigration = Pick<Migration, 'version' | 'sha256'> & {
  /** The version of the program that applied it. Missing before {@link PROGRAM_RECORDED_FROM}. */
  program?: string | null | undefined;
};

/** The version of this program, which it records with the migrations that it applies. */
export const PROGRAM_VERSION = manifest.version;

/** The first migration with whose record a database has {@link PROGRAM_VERSION}. */
export const PROGRAM_RECORDED_FROM = 7;

/** What a migration would do to a database. */
export interface MigrationPlan {
  /** The version of the database. */
  from: number;
  /** The migrations that would be applied, in order. */
  pending: readonly Migration[];
  /** Whether only the words by which searches find rows would be made again. */
  renewsWords: boolean;
}

/** The numbered SQL files of a folder, in order: `0001_name.sql` brings a database to version 1. */
export function readMigrations(folder: URL): Migration[] {
  return listProgramFiles(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((file) => {
      // Git may check files out with other line endings, which would change the hash.
      const sql = readProgramFile(new URL(file, folder)).toString().replaceAll('\r\n', '\n');
      const name = file.replace(/^\d+_|\.sql$/g, '').replaceAll('_', ' ');
      return { version: Number.parseInt(file, 10), name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
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
  const { version: newest = 0, program: newestProgram } = applied.at(-1) ?? {};
  if (newest > program.length) {
    const migratedBy = newestProgram ? `version ${newestProgram}` : 'a later version';
    throw new StoreUnusable(
      `${name} was migrated by ${migratedBy} of this program, which is version ${PROGRAM_VERSION}: install ` +
        `${newestProgram ? `version ${newestProgram} or later` : 'that version'}, or restore a backup from before the upgrade`,
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
