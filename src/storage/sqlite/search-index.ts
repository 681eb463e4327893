import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { WORD_RULES } from '../../formats/words.ts';
import { type SearchSource, storedWords, TASK_SEARCH, USER_SEARCH } from '../sql/search-words.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The words of the rows of one table. Call what writes in the transaction that writes the row. */
export class SearchIndex {
  readonly #insert: RowStatement;
  readonly #delete: RowStatement;

  constructor(db: DatabaseSync, { index }: SearchSource) {
    this.#insert = prepare(db, `INSERT INTO ${index} (rowid, words) VALUES (?, ?)`);
    this.#delete = prepare(db, `INSERT INTO ${index} (${index}, rowid, words) VALUES ('delete', ?, ?)`);
  }

  add(id: number, words: string): void {
    if (words !== '') this.#insert.run(id, words);
  }

  /** @param words those that were added. */
  remove(id: number, words: string): void {
    if (words !== '') this.#delete.run(id, words);
  }

  replace(id: number, oldWords: string, words: string): void {
    if (words === oldWords) return;
    this.remove(id, oldWords);
    this.add(id, words);
  }
}

/** Makes all words again if they were made by other rules than those of this program, or never. */
export function updateSearchIndexes(db: DatabaseSync): void {
  if (areWordsCurrent(db)) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have done it while this one waited for the lock.
    if (!areWordsCurrent(db)) {
      for (const source of [USER_SEARCH, TASK_SEARCH]) rebuild(db, source);
      db.prepare('UPDATE search_rules SET rules = ?').run(WORD_RULES);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Whether the words of all rows were made by the rules of this program. */
export function areWordsCurrent(db: DatabaseSync): boolean {
  return prepare(db, 'SELECT rules FROM search_rules').get()?.[0] === WORD_RULES;
}

/** The rows of soft-deleted users are included, because purging them removes their words. */
function rebuild(db: DatabaseSync, source: SearchSource): void {
  const { index, id, texts } = source;
  const table = index === USER_SEARCH.index ? 'users WHERE deleted = 0' : 'tasks';
  db.exec(`INSERT INTO ${index} (${index}) VALUES ('delete-all')`);
  const words = new SearchIndex(db, source);
  const rows = db.prepare(`SELECT ${id}, ${texts.join(', ')} FROM ${table} ORDER BY ${id}`);
  rows.setReturnArrays(true);
  for (const [rowId, ...values] of rows.iterate() as unknown as Iterable<SQLInputValue[]>) {
    words.add(rowId as number, storedWords(...(values as (string | null)[])));
  }
}
