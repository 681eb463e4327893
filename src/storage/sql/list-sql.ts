import type { ListQuery, SortKey, SortValue } from '../../domain/lists.ts';
import type { SearchSource } from './search-words.ts';

/** A statement with `?` for each parameter. */
export interface Statement {
  sql: string;
  params: (SortValue | null)[];
}

/** A subset of a table's rows, and the column by which an index sorts them. */
export interface TablePartition {
  /** The condition on the rows of this partition. */
  condition: string;
  /** The parameters of the condition. */
  params?: readonly SortValue[];
  column: string;
}

/** Lists that are merged from partitions: the rows with each value of a column. */
export interface MergedLists<Field extends string> {
  /** The filter that lists the values. */
  filter: string;
  /** The values without that filter. */
  values: readonly SortValue[];
  /** The condition of one value. */
  condition: string;
  /** The filters and sorts of these lists, as in `indexed` of {@link ListTable}. */
  lists: Record<string, readonly Field[]>;
}

/** How to list a table. The SQL is constant: what a client sends is always a parameter. */
export interface ListTable<Filter, Field extends string> {
  name: string;
  /** The columns to select. */
  columns: string;
  /** The condition on the rows of every list. */
  visible: string;
  /** The condition of each filter, with one parameter: `IN (?)` if its value is a list. */
  filters: Record<keyof Filter & string, string>;
  /** The filter by a list of ids. It matches few rows: they are looked up, and then sorted. */
  ids?: string;
  /** Where the filter `search` finds words. */
  search?: SearchSource;
  /** The filters that limit the values of a sort field. An index that sorts by the field serves them, too. */
  ranges?: Partial<Record<Field, { from: string; before: string }>>;
  /** The column by which each field is sorted. */
  sortColumns: Record<Field, string>;
  /**
   * The sorts that an index serves in both databases. The keys are the names of the filters of a query, in the order of
   * `filters` and separated by spaces; the values are the fields to sort by.
   */
  indexed: Record<string, readonly Field[]>;
  /** The lists that are merged from a range of an index for each value of a column. */
  merged?: MergedLists<Field> | undefined;
  /** The indexes of lists for which SQLite would choose another one: by filters, as in `indexed`, and sort field. */
  hints?: Record<string, Partial<Record<Field, string>>> | undefined;
  /** The fields for which each partition of the rows is sorted by a different index. A page merges the partitions. */
  partitions?: Partial<Record<Field, readonly TablePartition[]>> | undefined;
}

/** Differences between the databases. */
export interface PageOptions {
  /**
   * Whether each partition is sorted and limited by itself. Without it, PostgreSQL would read all rows of the partitions;
   * with it, SQLite would sort each partition again.
   */
  limitPartitions: boolean;
}

/** The maximum number of rows that a cheap page skips, which takes less than a millisecond. */
const MAX_SKIPPED = 200;

/**
 * Whether the cost of a page does not depend on the number of rows: an index sorts them, and few are skipped. All other
 * lists are long lists, which `caller-slots.ts` limits.
 */
export function isCheap<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
): boolean {
  const { from, count } = query;
  const near = 'after' in from || from.offset <= MAX_SKIPPED;
  if (count || !near) return false;
  if (listsIds(table, query)) return true;
  const { search } = query.filter as { search?: string };
  return search === undefined && (isIndexed(table, query) || isMerged(table, query));
}

/** Whether the list is of given ids. */
export function listsIds<Filter extends object>(
  { ids }: ListTable<Filter, string>,
  { filter }: ListQuery<Filter, string>,
): boolean {
  return ids !== undefined && filter[ids as keyof Filter] !== undefined;
}

/** Whether the rows are sorted by one field, and then by id in the same direction. */
function sortsOnce([first, id, third]: readonly SortKey<string>[]): boolean {
  return third === undefined && (id === undefined || first?.descending === id.descending);
}

/**
 * The names of the filters, as in `indexed`, without those of a range of the first sort field, and without `search`: words
 * are compared with the rows that the index of the other filters gives.
 */
function filterNames<Filter extends object, Field extends string>(
  { filters, ranges }: ListTable<Filter, Field>,
  { filter, sort }: ListQuery<Filter, Field>,
): string {
  const range = ranges?.[sort[0]?.field as Field];
  const names = Object.keys(filters).filter((name) => {
    if (name === 'search' || name === range?.from || name === range?.before) return false;
    return filter[name as keyof Filter] !== undefined;
  });
  return names.join(' ');
}

function isIndexed<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
): boolean {
  const fields = table.indexed[filterNames(table, query)];
  return sortsOnce(query.sort) && (fields?.includes(query.sort[0]?.field as Field) ?? false);
}

function isMerged<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
): boolean {
  const fields = table.merged?.lists[filterNames(table, query)];
  return sortsOnce(query.sort) && (fields?.includes(query.sort[0]?.field as Field) ?? false);
}

/**
 * Selects the rows of a page and one more, which shows whether there is a next page.
 *
 * A page after a cursor position concatenates several branches: the rows that equal the position in all sort fields but
 * the last, in all but the last two, and so on. Each branch is a range of one index. With a comparison of whole rows,
 * `(a, b) > (?, ?)`, SQLite would read all rows with the same `a`.
 */
export function pageStatement<Filter extends object, Field extends string>(
  plain: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
  options: PageOptions,
): Statement {
  const { sort, from, limit } = query;
  const table = withHint(plain, query);
  const partitions = partitionsOf(table, query);
  const filter = { ...query.filter };
  if (partitions !== undefined && isMerged(table, query)) delete filter[table.merged?.filter as keyof Filter];
  const page = { sort, partitions, limit: limit + 1, options };
  if ('offset' in from) return branch(table, filter, { ...page, offset: from.offset }, []);

  // If a filter allows only one value, no row is beyond it; but SQLite would read all rows to find that out.
  const fixed = (field: Field) => (filter as Record<string, unknown>)[field] !== undefined;
  const position = sort
    .map((key, i) => ({ ...key, value: from.after[i] as SortValue }))
    .filter(({ field }, i) => i === sort.length - 1 || !fixed(field));
  const branches = position.map((_, i) => {
    const part = position.slice(0, position.length - i);
    return branch(table, withoutLooserBound(table, filter, part.at(-1) as Position<Field>), page, part);
  });
  if (branches.length === 1) return branches[0] as Statement;
  const all = branches.map(({ sql }) => `SELECT * FROM (${sql}) AS branch`).join(' UNION ALL ');
  return { sql: `${all} LIMIT ?`, params: [...branches.flatMap(({ params }) => params), limit + 1] };
}

function withHint<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
): ListTable<Filter, Field> {
  const index = table.hints?.[filterNames(table, query)]?.[query.sort[0]?.field as Field];
  return index !== undefined && sortsOnce(query.sort) ? { ...table, name: `${table.name} INDEXED BY ${index}` } : table;
}

function partitionsOf<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
): readonly TablePartition[] | undefined {
  const field = query.sort[0]?.field as Field;
  const { merged, partitions, sortColumns } = table;
  if (merged === undefined || !isMerged(table, query)) return partitions?.[field];
  const values = (query.filter[merged.filter as keyof Filter] as readonly SortValue[] | undefined) ?? merged.values;
  // Without a value there is no partition to select from.
  if (values.length === 0) return undefined;
  return values.map((value) => ({ condition: merged.condition, params: [value], column: sortColumns[field] }));
}

/** A sort field and its value in a cursor position. */
type Position<Field extends string> = SortKey<Field> & { value: SortValue };

/** The filter without the bound that the position is beyond: SQLite might search by that bound, and read all rows between. */
function withoutLooserBound<Filter extends object, Field extends string>(
  { ranges }: ListTable<Filter, Field>,
  filter: Filter,
  { field, descending, value }: Position<Field>,
): Filter {
  const range = ranges?.[field];
  const name = descending ? range?.before : range?.from;
  const bound = name && (filter[name as keyof Filter] as SortValue | undefined);
  if (bound === undefined || (descending ? value > bound : value < bound)) return filter;
  return { ...filter, [name as string]: undefined };
}

interface BranchOptions<Field extends string> {
  sort: readonly SortKey<Field>[];
  partitions: readonly TablePartition[] | undefined;
  limit: number;
  offset?: number;
  options: PageOptions;
}

/** Selects the rows that equal a position in all values but the last, and are beyond the last; all rows if it is empty. */
function branch<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  filter: Filter,
  { sort, partitions, limit, offset, options }: BranchOptions<Field>,
  position: readonly Position<Field>[],
): Statement {
  const { name, columns, sortColumns } = table;
  const base = conditionsOf(table, filter);
  const order = (first?: string) =>
    sort
      .map(({ field, descending }, i) => `${i === 0 && first ? first : sortColumns[field]}${descending ? ' DESC' : ''}`)
      .join(', ');
  const beyond = (first?: string) =>
    position.map(({ field, descending }, i) => {
      const column = field === sort[0]?.field && first ? first : sortColumns[field];
      return `${column} ${i < position.length - 1 ? '=' : descending ? '<' : '>'} ?`;
    });
  const select = (extra: string, conditions: string[]) =>
    `SELECT ${columns}${extra} FROM ${name} WHERE ${conditions.join(' AND ')}`;
  const values = position.map(({ value }) => value);
  const limits =
    offset === undefined ? { sql: 'LIMIT ?', params: [limit] } : { sql: 'LIMIT ? OFFSET ?', params: [limit, offset] };
  if (partitions === undefined) {
    const sql = `${select('', [...base.conditions, ...beyond()])} ORDER BY ${order()} ${limits.sql}`;
    return { sql, params: [...base.params, ...values, ...limits.params] };
  }
  const parts = partitions.map(({ condition, params = [], column }): Statement => {
    const sql = select(`, ${column} AS first`, [...base.conditions, condition, ...beyond(column)]);
    const used = [...base.params, ...params, ...values];
    if (!options.limitPartitions) return { sql, params: used };
    const part = `SELECT * FROM (${sql} ORDER BY ${order('first')} LIMIT ?) AS part`;
    return { sql: part, params: [...used, limit + (offset ?? 0)] };
  });
  const all = parts.map(({ sql }) => sql).join(' UNION ALL ');
  // Without the column `first`, whose values may be too large for a number.
  const sql = `SELECT ${columns} FROM (${all} ORDER BY ${order('first')} ${limits.sql}) AS merged`;
  return { sql, params: [...parts.flatMap(({ params }) => params), ...limits.params] };
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
    const value = filter[name as keyof Filter] as SortValue | readonly SortValue[] | undefined;
    if (value === undefined) continue;
    const condition = filters[name as keyof Filter & string];
    if (typeof value === 'object') {
      // An empty list matches nothing, as NULL does.
      conditions.push(condition.replace('?', value.map(() => '?').join(', ') || 'NULL'));
      params.push(...value);
    } else {
      conditions.push(condition);
      params.push(value);
    }
  }
  return { conditions, params };
}
