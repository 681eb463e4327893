import type { Row } from './rows.ts';

/** A check of rows. Each row that the query returns is passed to `problemOf`. */
export interface Check {
  /** What is checked, for the progress. */
  title: string;
  /** The rows that are counted for the progress, as after FROM, if the query returns each of them. */
  rows?: string;
  query: string;
  /** What is wrong with a row, or undefined. */
  problemOf: (row: Row) => string | undefined;
}
