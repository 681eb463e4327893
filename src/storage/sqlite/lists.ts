import type { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { ListQuery, Page } from '../../domain/lists.ts';
import { countStatement, type ListTable, pageStatement, type Statement } from '../sql/list-sql.ts';
import { nextKeysStatement, ownKeysAreNear } from './address-order.ts';
import { prepare, type Row, type RowStatement } from './rows.ts';

/** Up to how many rows that changed since an instant are sorted. If there are more, the table is read in order instead. */
const MAX_SORTED = 50_000;

/** How many statements are kept prepared: far more than are in common use. */
const MAX_PREPARED = 200;

/** The list of a resource. */
export interface List<T, Filter extends object, Field extends string> {
  table: ListTable<Filter, Field>;
  toItem: (row: Row) => T;
  /** The index that serves the filter `updatedSince`. */
  updateIndex?: string;
  /** Filters that match one row at most. */
  uniqueFilters?: readonly (keyof Filter)[];
}

/** A page to read. It can be sent to another thread. */
export interface ListRequest {
  table: ListTable<object, string>;
  updateIndex?: string | undefined;
  query: ListQuery<object, string>;
}

/**
 * A condition for every row, first of all, that calls `in_time` for one row in 64: often enough, and next to nothing where
 * an index alone is read. What `in_time` throws ends the statement.
 */
const IN_TIME = '(rowid & 63 OR in_time())';

/** Reads pages. Every page, and what is counted with it, is of one moment. */
export class Lists {
  readonly #db: DatabaseSync;
  readonly #prepared = new LRUCache<string, RowStatement>({ max: MAX_PREPARED });
  readonly #timed: boolean;

  /**
   * @param checkTime throws when a list has taken too long. It is called again and again while rows are read; SQLite gives
   *   no other way to end a statement. Where rows are sorted, nearly all of the work is done as they are read.
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

  read({ table: plain, updateIndex, query }: ListRequest): Page<Row> {
    const table = this.#timed ? { ...plain, visible: `${IN_TIME} AND ${plain.visible}` } : plain;
    const { updatedSince } = query.filter as { updatedSince?: number };
    if (updatedSince === undefined && !query.count) return this.#page(table, query);
    this.#db.exec('BEGIN');
    try {
      const byUpdate = updatedSince !== undefined && updateIndex !== undefined;
      const forPage = byUpdate ? this.#forUpdates(table, updateIndex, updatedSince) : table;
      const page = this.#page(forPage, query);
      if (query.count) page.total = this.#all(countStatement(table, query))[0]?.[0] as number;
      return page;
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  /** Whether a page that is merged from parts soon finds the rows of each. */
  findsPartsSoon({ table, query }: ListRequest): boolean {
    if (table.parts === undefined) return true;
    const statement = nextKeysStatement(query);
    return statement === undefined || ownKeysAreNear(query, this.#all(statement)[0] as [number, number]);
  }

  #page(table: ListRequest['table'], query: ListRequest['query']): Page<Row> {
    const rows = this.#all(pageStatement(table, query));
    return { items: rows.slice(0, query.limit), more: rows.length > query.limit };
  }

  /**
   * SQLite cannot know whether few rows changed, which are best found by their index and sorted, or so many that a walk
   * in order soon finds enough. So they are counted as far as it matters, and it is told.
   */
  #forUpdates(table: ListRequest['table'], index: string, since: number): ListRequest['table'] {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM ${table.name} WHERE updated_at >= ? LIMIT ?)`;
    const changed = this.#all({ sql, params: [since, MAX_SORTED + 1] })[0]?.[0] as number;
    if (changed <= MAX_SORTED) return { ...table, name: `${table.name} INDEXED BY ${index}`, parts: undefined };
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
