import type { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { ListQuery, Page } from '../../domain/lists.ts';
import { countStatement, type ListTable, listsIds, pageStatement, type Statement } from '../sql/list-sql.ts';
import { isDense, keySampleStatement } from './address-order.ts';
import { prepare, type Row, type RowStatement } from './rows.ts';

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

/** Reads pages. */
export class PageReader {
  readonly #db: DatabaseSync;
  readonly #prepared = new LRUCache<string, RowStatement>({ max: MAX_PREPARED });
  readonly #timed: boolean;

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
      return 1;
    });
  }

  /** Reads a page. Call it in a transaction. */
  read(request: ListRequest): Page<Row> {
    const { query } = request;
    const { all, page: tableOfPage } = this.#tables(request);
    const page = this.#page(tableOfPage, query);
    if (query.count) page.total = this.#all(countStatement(all, query))[0]?.[0] as number;
    return page;
  }

  /** Yields the rows of a page. Call it in a transaction. */
  iterate(request: ListRequest): Iterable<Row> {
    const { sql, params } = pageStatement(this.#tables(request).page, request.query, { limitPartitions: false });
    return prepare(this.#db, sql).iterate(...params);
  }

  /** The table with the index to use: to count all rows, and to read a page. */
  #tables({ table: plain, updateIndex, query }: ListRequest): Record<'all' | 'page', ListRequest['table']> {
    const timed = this.#timed ? { ...plain, visible: `${IN_TIME} AND ${plain.visible}` } : plain;
    // Ids are looked up in the table. With another index, SQLite might read all rows in the order of the sort.
    const byId = listsIds(plain, query);
    const table = byId ? { ...timed, name: `${timed.name} NOT INDEXED`, partitions: undefined } : timed;
    const { updatedSince } = query.filter as { updatedSince?: number };
    const byUpdate = !byId && updatedSince !== undefined && updateIndex !== undefined;
    return { all: table, page: byUpdate ? this.#forUpdates(table, updateIndex, updatedSince) : table };
  }

  /** Whether a page that is merged from partitions finds its rows among few keys. */
  scansFewKeys({ table, query }: ListRequest): boolean {
    if (table.partitions === undefined) return true;
    const statement = keySampleStatement(query);
    return statement === undefined || isDense(query, this.#all(statement)[0] as [number, number]);
  }

  #page(table: ListRequest['table'], query: ListRequest['query']): Page<Row> {
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
