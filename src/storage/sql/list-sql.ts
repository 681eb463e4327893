import type { ListQuery, SortKey, SortValue } from '../../domain/lists.ts';

/** A statement with `?` for each parameter. */
export interface Statement {
  sql: string;
  params: (SortValue | null)[];
}

/** Some of a table's rows, and the column that an index has them in the order of. */
export interface TablePart {
  /** Tells these rows from those of the other parts. */
  condition: string;
  column: string;
}

/** A table that can be listed. All of it is SQL that the program brings; what a client sends is always a parameter. */
export interface ListTable<Filter, Field extends string> {
  name: string;
  /** What is selected. */
  columns: string;
  /** The condition that every row of every list fulfils. */
  visible: string;
  /** The condition of each filter, with one parameter. */
  filters: Record<keyof Filter & string, string>;
  /** The column that each field is sorted by. */
  sortColumns: Record<Field, string>;
  /**
   * Which pages an index has in order, in both databases: by the names of the filters of a query, in the order of
   * `filters` and separated by spaces, the fields that it may be sorted by.
   */
  indexed: Record<string, readonly string[]>;
  /**
   * The fields that no one index has the order of, but an index for each part of the rows: the parts are merged. Sort
   * columns must be among the columns then.
   */
  parts?: Partial<Record<Field, readonly TablePart[]>> | undefined;
}

/** How many rows `_page` may skip in a cheap list: some tenths of a millisecond's work. */
const MAX_SKIPPED = 200;

/**
 * Whether a page costs the same however many rows there are: an index has its rows in order, and few are skipped. The
 * others are long lists, of which `caller-slots.ts` lets few of one caller be read at a time.
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
 * The rows of a page and one more, which tells whether the page is the last.
 *
 * A page that begins after a place has a branch for each way of being behind it: equal in all sort fields but the last,
 * in all but the last two, and so on. Each branch is a range of one index, and in this order they make up the page;
 * a comparison of whole rows, `(a, b) > (?, ?)`, would have SQLite walk all rows with the same `a`.
 */
export function pageStatement<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  { filter, sort, from, limit }: ListQuery<Filter, Field>,
): Statement {
  const base = conditionsOf(table, filter);
  const parts = table.parts?.[sort[0]?.field as Field];
  const rows = limit + 1;
  if ('offset' in from) {
    const { sql, params } = branch(table, sort, parts, base, []);
    return { sql: `${sql} LIMIT ? OFFSET ?`, params: [...params, rows, from.offset] };
  }

  // Where a filter leaves one value, as userId does, no row is beyond it; but SQLite would look at all of them.
  const fixed = (field: Field) => (filter as Record<string, unknown>)[field] !== undefined;
  const places = sort
    .map((key, i) => ({ ...key, value: from.after[i] as SortValue }))
    .filter(({ field }, i) => i === sort.length - 1 || !fixed(field));
  const branches: string[] = [];
  const params: Statement['params'] = [];
  for (let last = places.length - 1; last >= 0; last--) {
    const { sql, params: used } = branch(table, sort, parts, base, places.slice(0, last + 1));
    branches.push(`${sql} LIMIT ?`);
    params.push(...used, rows);
  }
  if (branches.length === 1) return { sql: branches[0] as string, params };
  const all = branches.map((sql) => `SELECT * FROM (${sql}) AS branch`).join(' UNION ALL ');
  return { sql: `${all} LIMIT ?`, params: [...params, rows] };
}

/** The rows that equal a place in all its values but the last, and are beyond that one; all rows for an empty place. */
function branch<Field extends string>(
  { name, columns, sortColumns }: ListTable<object, Field>,
  sort: readonly SortKey<Field>[],
  parts: readonly TablePart[] | undefined,
  base: Conditions,
  place: readonly (SortKey<Field> & { value: SortValue })[],
): Statement {
  const order = (first?: string) =>
    sort
      .map(({ field, descending }, i) => `${i === 0 && first ? first : sortColumns[field]}${descending ? ' DESC' : ''}`)
      .join(', ');
  const beyond = (first?: string) =>
    place.map(({ field, descending }, i) => {
      const column = i === 0 && first ? first : sortColumns[field];
      return `${column} ${i < place.length - 1 ? '=' : descending ? '<' : '>'} ?`;
    });
  const select = (more: string, conditions: string[]) =>
    `SELECT ${columns}${more} FROM ${name} WHERE ${conditions.join(' AND ')}`;
  const params = [...base.params, ...place.map(({ value }) => value)];
  if (parts === undefined) {
    return { sql: `${select('', [...base.conditions, ...beyond()])} ORDER BY ${order()}`, params };
  }
  const selects = parts.map(({ condition, column }) =>
    select(`, ${column} AS first`, [...base.conditions, condition, ...beyond(column)]),
  );
  return { sql: `${selects.join(' UNION ALL ')} ORDER BY ${order('first')}`, params: parts.flatMap(() => params) };
}

/** The number of rows of all pages. */
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
