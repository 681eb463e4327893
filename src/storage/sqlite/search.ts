import type { DatabaseSync } from 'node:sqlite';
import { MAX_FOUND, type SearchSource, storedWords } from '../sql/search-words.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The condition that the index finds a row. The parameter is a query that {@link matching} makes. */
export function foundBy({ index, id }: SearchSource): string {
  return `${id} IN (SELECT rowid FROM ${index} WHERE ${index} MATCH ?)`;
}

/** The condition that the texts of a row have words that start with those of the parameter. */
export function textMatches({ texts }: SearchSource): string {
  return `has_words(?, ${texts.join(', ')})`;
}

/** The query of FTS5 for rows in which each of the words starts a word. Words contain nothing that has a meaning in it. */
export function matching(words: readonly string[]): string {
  return words.map((word) => `"${word}"*`).join(' ');
}

/** Above every character of a word. */
const GREATEST = '\u{10ffff}';

/** Estimates searches, and compares texts in SQL. */
export class Search {
  readonly #db: DatabaseSync;
  readonly #counts = new Map<string, RowStatement>();

  /** Adds the function `has_words` to the connection. */
  constructor(db: DatabaseSync) {
    this.#db = db;
    db.function('has_words', { deterministic: true, varargs: true }, (search, ...texts) => {
      const words = ` ${storedWords(...(texts as (string | null)[]))}`;
      const starts = (start: string) => words.includes(` ${start}`);
      return Number(String(search).split(' ').every(starts));
    });
  }

  /**
   * Those of the words that at most {@link MAX_FOUND} rows have. FTS5 would read all rows with a word, and all words with the
   * same start, before it returned the first row.
   */
  rareWords({ index }: SearchSource, words: readonly string[]): string[] {
    const statement = this.#counts.get(index) ?? this.#prepareCount(index);
    return words.filter((word) => (statement.get(word, word + GREATEST, MAX_FOUND + 1)?.[0] as number) <= MAX_FOUND);
  }

  #prepareCount(index: string): RowStatement {
    // In the temporary database, because this connection only reads the file.
    this.#db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.${index}_words USING fts5vocab (main, ${index}, instance)`);
    const statement = prepare(
      this.#db,
      `SELECT count(*) FROM (SELECT 1 FROM temp.${index}_words WHERE term >= ? AND term < ? LIMIT ?)`,
    );
    this.#counts.set(index, statement);
    return statement;
  }
}
