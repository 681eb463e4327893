/** The resources that can be imported. */
export type ImportedResource = 'users' | 'tasks';

/** A row of a file. */
export interface SourceRow {
  /** The line on which it starts, from 1. */
  line: number;
  /** Its values by the names that the file uses. */
  values: Record<string, unknown>;
}

/** A row that is not an item of the API: it goes to the rejects. */
export interface RowProblem {
  /** The field of the API or, if none is meant, `row`. */
  field: string;
  /** A sentence. */
  reason: string;
}

/** A row, converted to the fields of the API. */
export interface ImportRow extends SourceRow {
  fields: Record<string, unknown>;
  problem?: RowProblem;
}

/** The file cannot be read. The message says what to do. */
export class ImportError extends Error {
  override name = 'ImportError';
}
