import type { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { ListQuery, Page } from '../../domain/lists.ts';
import { countStatement, type ListTable, listsIds, pageStatement, type Statement } from '../sql/list-sql.ts';
import { type SearchSource, WALK_TIMEOUT_MS } from '../sql/search-words.ts';
import { isDense, keySampleStatement } from './address-order.ts';
import { prepare, type Row, type RowStatement } from './rows.ts';
import { listedIn, matching, Search, textMatches } from './search.ts';
import { SOFT_DELETED_USER } from './visibility.ts';

/** The maximum number of updated rows that are sorted. If there are more, the table is read in order instead. */
const MAX_SORTED = 50_000;

/** The maximum number of cached prepared statements: far more than are in common use. */
const MAX_PREPARED = 200;

/** The list of a resource. */
export interface List<T, Filter extends object, Field extends string> {
  table: ListTable<Filter, Field>;
  toItem: (row: Row) => T;
  /** The index that serves the filter `updatedSince`. */
  updateIndex?: string;
  /** Filters by a unique key, which match few rows. */
  lookupFilters?: readonly (keyof Filter)[];
}

/** A page to read. It can be sent to another thread. */
export interface ListRequest {
  table: ListTable<object, string>;
  updateIndex?: string | undefined;
  query: ListQuery<object, string>;
}

/**
 * The first condition on every row: it calls `in_time` for one row in 64, which is often enough and costs little. If
 * `in_time` throws, the statement ends.
 */
const IN_TIME = '(rowid & 63 OR in_time())';

/** How to read rows. */
type Reading = Pick<ListRequest, 'table' | 'query'>;

/** How to read a page and its total. */
interface Plan {
  page: Reading;
  /** For a page that is not read within {@link WALK_TIMEOUT_MS}. */
  otherwise?: Reading;
  total: Reading;
}

/** A page was not read within {@link WALK_TIMEOUT_MS}. */
class WalkTimedOut extends Error {}

/** Reads pages. */
export class PageReader {
  readonly #db: DatabaseSync;
  readonly #prepared = new LRUCache<string, RowStatement>({ max: MAX_PREPARED });
  readonly #timed: boolean;
  /** When a walk ends (`performance.now()`). */
  #walkEnd = Number.POSITIVE_INFINITY;
  #search: Search | undefined;

  /**
   * @param checkTime throws if a list has taken too long. It is called repeatedly while rows are read; node:sqlite has no
   *   other way to interrupt a statement. Reading the rows is nearly all of the work, even if they are sorted afterwards.
   */
  constructor(db: DatabaseSync, checkTime?: () => void) {
    this.#db = db;
    this.#timed = checkTime !== undefined;
    if (checkTime === undefined) return;
    db.function('in_time', () => {
      checkTime();
      if (performance.now() > this.#walkEnd) throw new WalkTimedOut();
      return 1;
    });
  }

  /** Reads a page. Call it in a transaction. */
  read(request: ListRequest): Page<Row> {
    const { page, otherwise, total } = this.#plan(request);
    const rows = otherwise === undefined ? this.#page(page) : (this.#walk(page) ?? this.#page(otherwise));
    if (request.query.count) rows.total = this.#all(countStatement(total.table, total.query))[0]?.[0] as number;
    return rows;
  }

  /** Yields the rows of a page. Call it in a transaction. */
  iterate(request: ListRequest): Iterable<Row> {
    const { table, query } = this.#plan(request).page;
    const { sql, params } = pageStatement(table, query, { limitPartitions: false });
    return prepare(this.#db, sql).iterate(...params);
  }

  #plan({ table: plain, updateIndex, query }: ListRequest): Plan {
    const table = this.#timed ? { ...plain, visible: `${IN_TIME} AND ${this.#visible(plain)}` } : plain;
    const { search: words } = query.filter as { search?: string };
    if (words !== undefined) return this.#searchPlan({ table, updateIndex, query }, words.split(' '));
    const total = { table: listsIds(plain, query) ? lookedUp(table) : table, query };
    return { page: { table: this.#ordered(total.table, updateIndex, query), query }, total };
  }

  /**
   * If few rows have a word, these are read. If some words are rare, the index of words finds the rows that have these, and their texts are compared with the other
   * words. If all are frequent, reading in the order of the list soon finds enough rows; if it does not, the index finds
   * those that have all words.
   */
  #searchPlan({ table, updateIndex, query }: ListRequest, words: string[]): Plan {
    const search = table.search as SearchSource;
    this.#search ??= new Search(this.#db);
    const comparing = { ...table, filters: { ...table.filters, search: textMatches(search) } as typeof table.filters };
    if (listsIds(table, query)) {
      const byId = { table: lookedUp(comparing), query };
      return { page: byId, total: byId };
    }
    const few = this.#search.fewRows(search, words);
    if (few !== undefined) {
      const others = words.filter((word) => word !== few.word);
      const filters = { ...table.filters, search: listedIn(search) } as typeof table.filters;
      const filter = { ...query.filter, search: JSON.stringify(few.ids) };
      const some = withWords({ table: { ...lookedUp(table), filters }, query: { ...query, filter } }, others);
      return { page: some, total: some };
    }
    const found = { table: lookedUp(table), query: finding(query, words) };
    const rare = this.#search.rareWords(search, words);
    if (rare.length === 0) {
      const page = { table: this.#ordered(comparing, updateIndex, query), query };
      return { page, otherwise: found, total: found };
    }
    const others = words.filter((word) => !rare.includes(word));
    const some = withWords({ table: found.table, query: finding(query, rare) }, others);
    return { page: some, total: some };
  }

  /** The table to read in the order of the list, or of `updatedSince`. */
  #ordered(table: ListRequest['table'], updateIndex: string | undefined, query: ListRequest['query']) {
    const { updatedSince } = query.filter as { updatedSince?: number };
    if (updatedSince === undefined || updateIndex === undefined || listsIds(table, query)) return table;
    return this.#forUpdates(table, updateIndex, updatedSince);
  }

  /** Whether a page that is merged from partitions finds its rows among few keys. */
  scansFewKeys({ table, query }: ListRequest): boolean {
    if (table.partitions === undefined) return true;
    const statement = keySampleStatement(query);
    return statement === undefined || isDense(query, this.#all(statement)[0] as [number, number]);
  }

  /**
   * The condition for visible rows. Without a soft-deleted user, all are. Then SQLite counts the rows before a deep page, or all
   * rows, in an index alone. Otherwise it looks each of them up in the table, which takes 90 × as long by `dueDate`.
   */
  #visible({ visible }: ListRequest['table']): string {
    if (visible === 'true' || this.#all({ sql: SOFT_DELETED_USER, params: [] }).length > 0) return visible;
    return 'true';
  }

  /** Reads a page, or returns undefined if that takes too long. */
  #walk(reading: Reading): Page<Row> | undefined {
    this.#walkEnd = performance.now() + WALK_TIMEOUT_MS;
    try {
      return this.#page(reading);
    } catch (error) {
      if (error instanceof WalkTimedOut) return undefined;
      throw error;
    } finally {
      this.#walkEnd = Number.POSITIVE_INFINITY;
    }
  }

  #page({ table, query }: Reading): Page<Row> {
    const rows = this.#all(pageStatement(table, query, { limitPartitions: false }));
    return { items: rows.slice(0, query.limit), more: rows.length > query.limit };
  }

  /**
   * Chooses the index for `updatedSince`, because SQLite does not know how many rows it matches. Few rows are best found by
   * the index of the filter and sorted; if there are many, reading in the order of the sort soon finds enough.
   */
  #forUpdates(table: ListRequest['table'], index: string, since: number): ListRequest['table'] {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM ${table.name} WHERE updated_at >= ? LIMIT ?)`;
    const updated = this.#all({ sql, params: [since, MAX_SORTED + 1] })[0]?.[0] as number;
    if (updated <= MAX_SORTED) return { ...table, name: `${table.name} INDEXED BY ${index}`, partitions: undefined };
    // The plus sign keeps SQLite from using the index.
    return { ...table, filters: { ...table.filters, updatedSince: '+updated_at >= ?' } as typeof table.filters };
  }

  #all({ sql, params }: Statement): Row[] {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = prepare(this.#db, sql);
      this.#prepared.set(sql, statement);
    }
    return statement.all(...params);
  }
}

/**
 * The rows are looked up by their ids, which the filters give. With an index of the table, SQLite might read all rows in the
 * order of the sort.
 */
function lookedUp(table: ListRequest['table']): ListRequest['table'] {
  const name = `${table.name} NOT INDEXED`;
  return { ...table, name, partitions: undefined, merged: undefined, hints: undefined };
}

/** Compares the texts of the rows with words, if there are any. */
function withWords(reading: Reading, words: readonly string[]): Reading {
  if (words.length === 0) return reading;
  const { table, query } = reading;
  const filters = { ...table.filters, otherWords: textMatches(table.search as SearchSource) } as typeof table.filters;
  const filter = { ...query.filter, otherWords: words.join(' ') };
  return { table: { ...table, filters }, query: { ...query, filter } };
}

/** The query with words for the index of words. */
function finding(query: ListRequest['query'], words: readonly string[]): ListRequest['query'] {
  return { ...query, filter: { ...query.filter, search: matching(words) } };
}
