import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Columns, columnNames } from '../sql/columns.ts';

/** A row as an array, in the order of the selected columns. Arrays are faster than objects. */
export type Row = SQLOutputValue[];

/** A statement whose rows are arrays. node:sqlite types them as objects. */
export interface RowStatement {
  get(...params: SQLInputValue[]): Row | undefined;
  all(...params: SQLInputValue[]): Row[];
  iterate(...params: SQLInputValue[]): Iterable<Row>;
  run: StatementSync['run'];
}

export function prepare(db: DatabaseSync, sql: string): RowStatement {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement as unknown as RowStatement;
}

/** A parameter for each column. */
export function parameters(columns: Columns): string {
  return columnNames(columns)
    .map(() => '?')
    .join(', ');
}

/** The assignments of an UPDATE, with a parameter for each column. */
export function assignments(columns: Columns): string {
  return columnNames(columns)
    .map((name) => `${name} = ?`)
    .join(', ');
}

/**
 * Updates one row of a table, with a statement for each set of columns: SQLite writes every index of a column that is set,
 * even to the same value. If one of them references another table, the statement has a savepoint: SQLite copies every page
 * that it changes, and FTS5 writes the words of each row as a segment of its own.
 */
export class UpdateStatements {
  readonly #db: DatabaseSync;
  readonly #table: string;
  readonly #id: string;
  readonly #prepared = new Map<string, RowStatement>();

  constructor(db: DatabaseSync, table: string, id: string) {
    this.#db = db;
    this.#table = table;
    this.#id = id;
  }

  /** @param values by the name of the column. */
  run(id: number, values: Record<string, SQLInputValue>): void {
    const set = Object.keys(values).map((name) => `${name} = ?`);
    const sql = `UPDATE ${this.#table} SET ${set.join(', ')} WHERE ${this.#id} = ?`;
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = prepare(this.#db, sql);
      this.#prepared.set(sql, statement);
    }
    statement.run(...Object.values(values), id);
  }
}
