import type { DatabaseSync } from 'node:sqlite';
import { MAX_FOUND, type SearchSource, storedWords } from '../sql/search-words.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The condition that the index finds a row. The parameter is a query that {@link matching} makes. */
export function foundBy({ index, id }: SearchSource): string {
  return `${id} IN (SELECT rowid FROM ${index} WHERE ${index} MATCH ?)`;
}

/** The condition that a row is one of those that {@link Search.fewRows} found. The parameter is their ids in JSON. */
export function listedIn({ id }: SearchSource): string {
  return `${id} IN (SELECT value FROM json_each(?))`;
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

/** If a word has at most so many rows, their ids are read at once, which is cheaper than to count them and find them again. */
const FEW = 200;

interface Statements {
  count: RowStatement;
  ids: RowStatement;
}

/** Estimates searches, finds rows of rare words, and compares texts in SQL. */
export class Search {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, Statements>();

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
    const { count } = this.#of(index);
    return words.filter((word) => (count.get(word, word + GREATEST, MAX_FOUND + 1)?.[0] as number) <= MAX_FOUND);
  }

  /** The ids of the rows that have one of the words, if those of any word are few. */
  fewRows({ index }: SearchSource, words: readonly string[]): { word: string; ids: number[] } | undefined {
    const { ids } = this.#of(index);
    for (const word of words) {
      const rows = ids.all(word, word + GREATEST, FEW + 1);
      if (rows.length <= FEW) return { word, ids: rows.map(([id]) => id as number) };
    }
    return undefined;
  }

  #of(index: string): Statements {
    return this.#statements.get(index) ?? this.#prepare(index);
  }

  #prepare(index: string): Statements {
    // In the temporary database, because this connection only reads the file.
    this.#db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.${index}_words USING fts5vocab (main, ${index}, instance)`);
    const rows = (columns: string) => `SELECT ${columns} FROM temp.${index}_words WHERE term >= ? AND term < ? LIMIT ?`;
    const statements = {
      count: prepare(this.#db, `SELECT count(*) FROM (${rows('1')})`),
      ids: prepare(this.#db, rows('doc')),
    };
    this.#statements.set(index, statements);
    return statements;
  }
}
