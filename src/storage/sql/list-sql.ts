import type { ListQuery, SortKey, SortValue } from '../../domain/lists.ts';

/** A statement with `?` for each parameter. */
export interface Statement {
  sql: string;
  params: (SortValue | null)[];
}

/** A subset of a table's rows, and the column by which an index sorts them. */
export interface TablePartition {
  /** The condition on the rows of this partition. */
  condition: string;
  column: string;
}

/** How to list a table. The SQL is constant: what a client sends is always a parameter. */
export interface ListTable<Filter, Field extends string> {
  name: string;
  /** The columns to select. */
  columns: string;
  /** The condition on the rows of every list. */
  visible: string;
  /** The condition of each filter, with one parameter. */
  filters: Record<keyof Filter & string, string>;
  /** The column by which each field is sorted. */
  sortColumns: Record<Field, string>;
  /**
   * The sorts that an index serves in both databases. The keys are the names of the filters of a query, in the order of
   * `filters` and separated by spaces; the values are the fields to sort by.
   */
  indexed: Record<string, readonly string[]>;
  /**
   * The fields for which each partition of the rows is sorted by a different index. A page merges the partitions. The sort columns must be
   * among `columns`.
   */
  partitions?: Partial<Record<Field, readonly TablePartition[]>> | undefined;
}

/** The maximum number of rows that a cheap page skips, which takes less than a millisecond. */
const MAX_SKIPPED = 200;

/**
 * Whether the cost of a page does not depend on the number of rows: an index sorts them, and few are skipped. All other
 * lists are long lists, which `caller-slots.ts` limits.
 */
export function isCheap<Filter extends object, Field extends string>(
  { filters, indexed }: ListTable<Filter, Field>,
  { filter, from, sort, count }: ListQuery<Filter, Field>,
): boolean {
  const used = Object.keys(filters).filter((name) => filter[name as keyof Filter] !== undefined);
  const [first, id] = sort;
  const oneIndex = sort.length === 1 || (sort.length === 2 && first?.descending === id?.descending);
  const near = 'after' in from || from.offset <= MAX_SKIPPED;
  return !count && near && oneIndex && (indexed[used.join(' ')]?.includes(first?.field ?? '') ?? false);
}

/**
 * Selects the rows of a page and one more, which shows whether there is a next page.
 *
 * A page after a cursor position concatenates several branches: the rows that equal the position in all sort fields but
 * the last, in all but the last two, and so on. Each branch is a range of one index. With a comparison of whole rows,
 * `(a, b) > (?, ?)`, SQLite would read all rows with the same `a`.
 */
export function pageStatement<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  { filter, sort, from, limit }: ListQuery<Filter, Field>,
): Statement {
  const base = conditionsOf(table, filter);
  const partitions = table.partitions?.[sort[0]?.field as Field];
  const rows = limit + 1;
  if ('offset' in from) {
    const { sql, params } = branch(table, sort, partitions, base, []);
    return { sql: `${sql} LIMIT ? OFFSET ?`, params: [...params, rows, from.offset] };
  }

  // If a filter allows only one value, no row is beyond it; but SQLite would read all rows to find that out.
  const fixed = (field: Field) => (filter as Record<string, unknown>)[field] !== undefined;
  const position = sort
    .map((key, i) => ({ ...key, value: from.after[i] as SortValue }))
    .filter(({ field }, i) => i === sort.length - 1 || !fixed(field));
  const branches: string[] = [];
  const params: Statement['params'] = [];
  for (let last = position.length - 1; last >= 0; last--) {
    const { sql, params: used } = branch(table, sort, partitions, base, position.slice(0, last + 1));
    branches.push(`${sql} LIMIT ?`);
    params.push(...used, rows);
  }
  if (branches.length === 1) return { sql: branches[0] as string, params };
  const all = branches.map((sql) => `SELECT * FROM (${sql}) AS branch`).join(' UNION ALL ');
  return { sql: `${all} LIMIT ?`, params: [...params, rows] };
}

/** Selects the rows that equal a position in all values but the last, and are beyond the last; all rows if it is empty. */
function branch<Field extends string>(
  { name, columns, sortColumns }: ListTable<object, Field>,
  sort: readonly SortKey<Field>[],
  partitions: readonly TablePartition[] | undefined,
  base: Conditions,
  position: readonly (SortKey<Field> & { value: SortValue })[],
): Statement {
  const order = (first?: string) =>
    sort
      .map(({ field, descending }, i) => `${i === 0 && first ? first : sortColumns[field]}${descending ? ' DESC' : ''}`)
      .join(', ');
  const beyond = (first?: string) =>
    position.map(({ field, descending }, i) => {
      const column = i === 0 && first ? first : sortColumns[field];
      return `${column} ${i < position.length - 1 ? '=' : descending ? '<' : '>'} ?`;
    });
  const select = (extra: string, conditions: string[]) =>
    `SELECT ${columns}${extra} FROM ${name} WHERE ${conditions.join(' AND ')}`;
  const params = [...base.params, ...position.map(({ value }) => value)];
  if (partitions === undefined) {
    return { sql: `${select('', [...base.conditions, ...beyond()])} ORDER BY ${order()}`, params };
  }
  const selects = partitions.map(({ condition, column }) =>
    select(`, ${column} AS first`, [...base.conditions, condition, ...beyond(column)]),
  );
  return { sql: `${selects.join(' UNION ALL ')} ORDER BY ${order('first')}`, params: partitions.flatMap(() => params) };
}

/** Counts the rows of all pages. */
export function countStatement<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  { filter }: ListQuery<Filter, Field>,
): Statement {
  const { conditions, params } = conditionsOf(table, filter);
  return { sql: `SELECT count(*) FROM ${table.name} WHERE ${conditions.join(' AND ')}`, params };
}

interface Conditions {
  conditions: string[];
  params: SortValue[];
}

function conditionsOf<Filter extends object>(
  { visible, filters }: Pick<ListTable<Filter, string>, 'visible' | 'filters'>,
  filter: Filter,
): Conditions {
  const conditions = [visible];
  const params: SortValue[] = [];
  for (const name in filters) {
    const value = filter[name as keyof Filter] as SortValue | undefined;
    if (value === undefined) continue;
    conditions.push(filters[name as keyof Filter & string]);
    params.push(value);
  }
  return { conditions, params };
}
