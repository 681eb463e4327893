import type { ListQuery, SortValue } from './store.ts';

/** A statement with `?` for each parameter. */
export interface Statement {
  sql: string;
  params: (SortValue | null)[];
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
  const order = sort
    .map(({ field, descending }) => `${table.sortColumns[field]}${descending ? ' DESC' : ''}`)
    .join(', ');
  const select = (more: string[]) =>
    `SELECT ${table.columns} FROM ${table.name} WHERE ${[...base.conditions, ...more].join(' AND ')} ORDER BY ${order} LIMIT ?`;
  const rows = limit + 1;
  if ('offset' in from) {
    return { sql: `${select([])} OFFSET ?`, params: [...base.params, rows, from.offset] };
  }

  // Where a filter leaves one value, as userId does, no row is beyond it; but SQLite would look at all of them.
  const fixed = (field: Field) => (filter as Record<string, unknown>)[field] !== undefined;
  const places = sort
    .map((key, i) => ({ ...key, value: from.after[i] as SortValue }))
    .filter(({ field }, i) => i === sort.length - 1 || !fixed(field));
  const branches: string[] = [];
  const params: Statement['params'] = [];
  for (let last = places.length - 1; last >= 0; last--) {
    const keys = places.slice(0, last + 1);
    const beyond = keys.map(({ field, descending }, i) => {
      return `${table.sortColumns[field]} ${i < last ? '=' : descending ? '<' : '>'} ?`;
    });
    branches.push(select(beyond));
    params.push(...base.params, ...keys.map(({ value }) => value), rows);
  }
  if (branches.length === 1) return { sql: branches[0] as string, params };
  const all = branches.map((branch) => `SELECT * FROM (${branch}) AS branch`).join(' UNION ALL ');
  return { sql: `${all} LIMIT ?`, params: [...params, rows] };
}

/** The number of rows of all pages. */
export function countStatement<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  { filter }: ListQuery<Filter, Field>,
): Statement {
  const { conditions, params } = conditionsOf(table, filter);
  return { sql: `SELECT count(*) FROM ${table.name} WHERE ${conditions.join(' AND ')}`, params };
}

function conditionsOf<Filter extends object>(
  { visible, filters }: Pick<ListTable<Filter, string>, 'visible' | 'filters'>,
  filter: Filter,
): { conditions: string[]; params: SortValue[] } {
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
