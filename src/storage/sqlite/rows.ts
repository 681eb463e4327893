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
