import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { ColumnType } from '../sql/columns.ts';
import { isBusy, translateOpenError } from '../sqlite/errors.ts';
import { checkVersion, latestVersion } from '../sqlite/migrate.ts';
import { prepare, type Row } from '../sqlite/rows.ts';
import { CopyFailed } from './copy-failed.ts';
import {
  type CopiedRow,
  type CopiedTable,
  copiedTables,
  hasGeneratedId,
  keyTypes,
  TEXT_FORMATS,
  type TextFormat,
} from './tables.ts';

/** The time to wait for a process that is closing the file. */
const LOCK_TIMEOUT_MS = 2_000;
/** A page ends at the first of these limits. */
const MAX_PAGE_ROWS = 5_000;
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;

/**
 * The SQLite file to copy. While it is open, no other process can read or write it: what a service wrote in the meantime
 * would be missing from the copy.
 */
export class Source {
  readonly #db: DatabaseSync;
  /** A table follows those that it references. */
  readonly tables: readonly CopiedTable[];

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.tables = copiedTables(db);
  }

  /**
   * @throws CopyFailed if the file does not exist, another process has it open, or its schema is older than this program.
   * @throws StoreUnusable if it is not a database of this program, or newer than this program.
   */
  static open(file: string): Source {
    // Opening would create it.
    if (!existsSync(file)) throw new CopyFailed(`there is no file ${file}; name the one to copy with --from file:PATH`);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { timeout: LOCK_TIMEOUT_MS });
      // Before the first read, so that even a process that only has the file open is detected.
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; BEGIN EXCLUSIVE');
      const [version, newest] = [checkVersion(db), latestVersion()];
      if (version < newest) {
        throw new CopyFailed(
          `${file} is at version ${version}; migrate it to version ${newest} first: ` +
            `npx task-api migrate --database-url 'file:${file}'`,
        );
      }
      return new Source(db);
    } catch (error) {
      db?.close();
      if (isBusy(error)) {
        throw new CopyFailed(`${file} is in use; stop the service, then run the same command again`, { cause: error });
      }
      throw error instanceof CopyFailed ? error : translateOpenError(error, file);
    }
  }

  /** The number of rows to copy. */
  countRows(table: CopiedTable): number {
    return prepare(this.#db, `SELECT count(*) FROM ${table.name} ${where(table.where)}`).get()?.[0] as number;
  }

  /** The rows to copy, page by page in the order of the key; with `after`, only those after that key. */
  *pages(table: CopiedTable, after?: string[]): Generator<CopiedRow[]> {
    const formats = table.columns.map(({ type }) => TEXT_FORMATS[type]);
    const key = table.key.join(', ');
    const afterKey = after && `(${key}) > (${after.map(() => '?').join(', ')})`;
    const columns = table.columns.map(({ name }) => table.select?.[name] ?? name);
    const statement = this.#db.prepare(
      `SELECT ${columns.join(', ')} FROM ${table.name} ${where(table.where, afterKey)} ORDER BY ${key}`,
    );
    statement.setReturnArrays(true);
    // A time in microseconds may exceed the safe integers of JavaScript.
    statement.setReadBigInts(true);
    const types = keyTypes(table);
    const keys = (after ?? []).map((value, i) => TEXT_FORMATS[types[i] as ColumnType].fromText(value));
    let page: CopiedRow[] = [];
    let characters = 0;
    for (const values of statement.iterate(...keys) as unknown as Iterable<Row>) {
      const row = values.map((value, i) => (value === null ? null : (formats[i] as TextFormat).toText(value)));
      page.push(row);
      for (const value of row) characters += value?.length ?? 0;
      if (page.length === MAX_PAGE_ROWS || characters >= MAX_PAGE_CHARACTERS) {
        yield page;
        page = [];
        characters = 0;
      }
    }
    if (page.length > 0) yield page;
  }

  /** The greatest id that was ever generated for a table, including those of deleted rows; 0 for none. */
  greatestId(table: CopiedTable): number {
    if (!hasGeneratedId(table)) return 0;
    const generated = prepare(this.#db, 'SELECT seq FROM sqlite_sequence WHERE name = ?').get(table.name)?.[0];
    const present = prepare(this.#db, `SELECT max(${table.key[0]}) FROM ${table.name}`).get()?.[0];
    return Number(generated ?? present ?? 0);
  }

  /** Unlocks the file. */
  close(): void {
    this.#db.close();
  }
}

function where(...conditions: (string | undefined)[]): string {
  const all = conditions.filter((condition) => condition !== undefined);
  return all.length === 0 ? '' : `WHERE ${all.map((condition) => `(${condition})`).join(' AND ')}`;
}
