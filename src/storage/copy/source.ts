import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, translateOpenError } from '../sqlite/errors.ts';
import { checkVersion, latestVersion } from '../sqlite/migrate.ts';
import { prepare, type Row } from '../sqlite/rows.ts';
import { CopyFailed } from './copy-failed.ts';
import { type CopiedRow, type CopiedTable, isNumbered, type Kind, kindOf } from './tables.ts';

/** For how long to wait for a program that is just closing the file, in milliseconds. */
const LOCK_TIMEOUT = 2_000;
/** A page ends with whichever it reaches first: so many rows, or so many characters. */
const PAGE_ROWS = 5_000;
const PAGE_CHARACTERS = 4 * 1024 * 1024;

/**
 * The SQLite file that is copied. It is locked for everyone else while it is open, reads included: what a service took
 * in meanwhile would be missing in the copy. So all that is read is of one moment.
 */
export class Source {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /**
   * @throws CopyFailed when there is no such file, when anyone has it open, or when its schema is older than this program.
   * @throws StoreUnusable when it is not a database of this program, or newer.
   */
  static open(file: string): Source {
    // Opening would create it.
    if (!existsSync(file)) throw new CopyFailed(`there is no file ${file}; name the one to copy with --from file:PATH`);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { timeout: LOCK_TIMEOUT });
      // Before anything is read: then even one that only has the file open is noticed.
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; BEGIN EXCLUSIVE');
      const [version, newest] = [checkVersion(db), latestVersion()];
      if (version < newest) {
        throw new CopyFailed(
          `${file} is at version ${version}; bring it to ${newest} first: ` +
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

  /** How many rows of a table are to be copied. */
  countRows(table: CopiedTable): number {
    return prepare(this.#db, `SELECT count(*) FROM ${table.name} ${where(table.where)}`).get()?.[0] as number;
  }

  /** The rows to be copied, in order of their key, some thousands at a time; with `after` those behind that key. */
  *pages(table: CopiedTable, after?: string[]): Generator<CopiedRow[]> {
    const kinds = Object.values(table.columns);
    const key = table.key.join(', ');
    const behind = after && `(${key}) > (${after.map(() => '?').join(', ')})`;
    const columns = Object.keys(table.columns).map((column) => table.select?.[column] ?? column);
    const statement = this.#db.prepare(
      `SELECT ${columns.join(', ')} FROM ${table.name} ${where(table.where, behind)} ORDER BY ${key}`,
    );
    statement.setReturnArrays(true);
    // An instant in microseconds may be past what a JavaScript number holds.
    statement.setReadBigInts(true);
    const keys = (after ?? []).map((text, place) => kindOf(table, table.key[place] as string).fromText(text));
    let page: CopiedRow[] = [];
    let characters = 0;
    for (const values of statement.iterate(...keys) as unknown as Iterable<Row>) {
      const row = values.map((value, column) => (value === null ? null : (kinds[column] as Kind).toText(value)));
      page.push(row);
      for (const text of row) characters += text?.length ?? 0;
      if (page.length === PAGE_ROWS || characters >= PAGE_CHARACTERS) {
        yield page;
        page = [];
        characters = 0;
      }
    }
    if (page.length > 0) yield page;
  }

  /** The greatest id that a table ever gave out, also to a row that is deleted since; 0 for none. */
  greatestId(table: CopiedTable): number {
    if (!isNumbered(table)) return 0;
    const given = prepare(this.#db, 'SELECT seq FROM sqlite_sequence WHERE name = ?').get(table.name)?.[0];
    const there = prepare(this.#db, `SELECT max(${table.key[0]}) FROM ${table.name}`).get()?.[0];
    return Number(given ?? there ?? 0);
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
