/** Rows that a cursor moves over. */
export interface IndexedRows<T> {
  /** The number of all rows; 0 until it is known. */
  total: number;
  /** The row at an index, or undefined if it is not loaded. */
  at: (index: number) => T | undefined;
  idOf: (row: T) => number;
}

/** The rows of a list, of which only some are loaded. */
export interface Rows<T> extends IndexedRows<T> {
  /** When others last changed the row, in milliseconds since the epoch: it fades once. */
  changedAt: (id: number) => number;
  /** Nothing was loaded yet. */
  isLoading: boolean;
  /** What is shown belongs to earlier filters. */
  isStale: boolean;
  error: Error | undefined;
  /** How many rows others have created that are not shown yet. */
  newCount: number;
  /** Reads everything again, with the new rows. */
  refresh: () => void;
  /** Reports which rows are in view. */
  show: (first: number, last: number) => void;
}
