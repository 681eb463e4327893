/** How old the data of a read may be, if the database has replicas. */
export interface Freshness {
  /** The maximum age in milliseconds. At most the configured one, which is the default; 0 for the current data. */
  maxAgeMs?: number | undefined;
  /** The data includes all writes before this position: see `Store.position`. */
  position?: string | undefined;
}

/** A page to read. */
export interface ListQuery<Filter, Field extends string> {
  filter: Filter;
  /** Ends with the resource's id, which makes the order total. */
  sort: SortKey<Field>[];
  /** Where the page starts: after a number of rows, or after a cursor position, whose row may have been deleted. */
  from: { offset: number } | { after: SortValue[] };
  /** The maximum number of rows. */
  limit: number;
  /** Whether to count the rows of all pages. */
  count: boolean;
  /** The time for a filter that depends on it, in milliseconds since the epoch: the same for all pages that cursors lead to. */
  at?: number | undefined;
  /**
   * The token that makes the request. A token can read few long lists at a time; more are rejected with StoreBusy, and so
   * is a list that takes too long. Undefined for the service itself, which is not limited.
   */
  caller?: number | string | undefined;
  /** Undefined for the current data. */
  freshness?: Freshness | undefined;
}

/**
 * A whole list as of one moment: JSON in UTF-8, an item on each line, as in responses. A chunk has whole lines, some 64 KiB
 * of them, and is read shortly before it is needed. A list of more than one page counts as a long list until it ends.
 * Rejected with StoreUnavailable if it cannot be completed.
 */
export type ListStream = AsyncGenerator<Uint8Array, void>;

export interface SortKey<Field extends string> {
  field: Field;
  descending: boolean;
}

/** A value to sort by: text by code point, a due date as microseconds since the epoch. */
export type SortValue = string | number | bigint;

export interface Page<T> {
  items: T[];
  /** Whether there are rows after these. */
  more: boolean;
  /** The number of rows of all pages, if requested. */
  total?: number;
}
