import type { ChangeFilter, ChangeQuery } from '../../domain/changes.ts';
import type { ListQuery } from '../../domain/lists.ts';
import { CHANGE_COLUMNS } from './change-rows.ts';
import type { ListTable } from './list-sql.ts';

/**
 * By how much the times of entries may be out of order: clocks of servers differ, and are corrected. A filter by time misses
 * an entry whose time is further from those around it.
 */
const MAX_DISORDER_MS = 60 * 60_000;

/** A power of two that is greater than half of every sequence number. */
const FIRST_STEP = 2 ** 52;

/**
 * Selects the sequence number of an entry that was made before a time, while the next entry was not; 0 if the first entry was
 * not. It is found by bisection, because there is no index by time: each creation would have to write to it.
 */
const LAST_BEFORE = `
  WITH RECURSIVE bisection (found, step) AS (
    SELECT CAST(0 AS bigint), CAST(${FIRST_STEP} AS bigint)
    UNION ALL
    SELECT CASE WHEN (SELECT at FROM changes WHERE sequence >= found + step ORDER BY sequence LIMIT 1) < ?
      THEN found + step ELSE found END, step / 2
    FROM bisection WHERE step > 0
  )
  SELECT max(found) FROM bisection`;

/** The filters that the columns of an entry must match. */
export interface ChangeRowFilter extends ChangeFilter {
  /** Only entries after the last one before this time: a range that contains all that {@link MAX_DISORDER_MS} allows. */
  rangeAfter?: number | undefined;
  /** Only entries up to the last one before this time. */
  rangeBefore?: number | undefined;
}

/** The query of the rows. Filters by time read only a range of sequence numbers. */
export function toChangeRowQuery(query: ChangeQuery): ListQuery<ChangeRowFilter, 'sequence'> {
  const { filter, sort, from, count } = query;
  const { changedAfter, changedBefore } = filter;
  // A page after a cursor position starts there. With the start of the range as well, SQLite might read all rows between, as a
  // count does anyway.
  const passed = 'after' in from && !count ? (sort[0]?.descending ? 'before' : 'after') : undefined;
  const isAfter = changedAfter !== undefined && passed !== 'after';
  const isBefore = changedBefore !== undefined && passed !== 'before';
  return {
    ...query,
    filter: {
      ...filter,
      ...(isAfter && { rangeAfter: changedAfter - MAX_DISORDER_MS }),
      ...(isBefore && { rangeBefore: changedBefore + MAX_DISORDER_MS }),
    },
  };
}

/** The list of changes. The adapters add `visible`. No index serves the filters by type, actor and time. */
export const CHANGE_LIST: Omit<ListTable<ChangeRowFilter, 'sequence'>, 'visible'> = {
  name: 'changes',
  columns: CHANGE_COLUMNS,
  filters: {
    userId: 'user_id = ?',
    taskId: 'task_id = ?',
    types: 'type IN (?)',
    actor: 'actor = ?',
    changedAfter: 'at >= ?',
    changedBefore: 'at < ?',
    rangeAfter: `sequence > (${LAST_BEFORE})`,
    rangeBefore: `sequence <= (${LAST_BEFORE})`,
  },
  sortColumns: { sequence: 'sequence' },
  indexed: { '': ['sequence'], userId: ['sequence'], taskId: ['sequence'] },
};
