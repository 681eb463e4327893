/** What to list. */
export interface ListQuery<Filter, Field extends string> {
  filter: Filter;
  /** Ends with the resource's id, so that no two rows are in the same place. */
  sort: SortKey<Field>[];
  /** Where the page begins: after so many rows, or after a place of this list, which need not be a row's any more. */
  from: { offset: number } | { after: SortValue[] };
  /** How many rows at most. */
  limit: number;
  /** Whether to count the rows of all pages. */
  count: boolean;
  /**
   * Which token asks. Few long lists of one token are read at a time; too many are rejected with
   * {@link StoreUnavailable}, as is a list that takes too long. Undefined for the service itself, which is not limited.
   */
  caller?: number | string | undefined;
}

export interface SortKey<Field extends string> {
  field: Field;
  descending: boolean;
}

/** What rows are compared by: text by code point, a due date by its instant in microseconds. */
export type SortValue = string | number | bigint;

export interface Page<T> {
  items: T[];
  /** Whether there are rows behind these. */
  more: boolean;
  /** How many rows all pages have, if that was asked. */
  total?: number;
}
