import type { ListQuery, Page } from '../../domain/lists.ts';
import { CallerSlots } from '../sql/caller-slots.ts';
import {
  countStatement,
  isCheap,
  type Statement as ListStatement,
  type ListTable,
  pageStatement,
} from '../sql/list-sql.ts';
import { Database, type Queryable, type Row, type Statement } from './database.ts';

/** How many connections there are for long lists at most: twice as many as one token may use at a time. */
const LIST_CONNECTIONS = 4;
/** How long a long list may wait for one of them, in milliseconds. */
const LIST_CONNECT_TIMEOUT_MS = 5_000;

/** Reads lists. Long ones have a few connections of their own, so that nothing else waits for them. */
export class ListReader {
  readonly #db: Database;
  readonly #forLong: Database;
  readonly #slots = new CallerSlots();

  /**
   * @param db for lists that cost the same however many rows there are.
   * @param url of the same database.
   * @param onError told of connections that fail while nobody uses them.
   */
  constructor(db: Database, url: string, onError: (error: Error) => void) {
    this.#db = db;
    this.#forLong = new Database(url, onError, {
      maxConnections: LIST_CONNECTIONS,
      connectTimeout: LIST_CONNECT_TIMEOUT_MS,
    });
  }

  read<T, Filter extends object, Field extends string>(
    table: ListTable<Filter, Field>,
    toItem: (row: Row) => T,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>> {
    if (isCheap(table, query)) return readPage(this.#db, table, toItem, query);
    return this.#slots.run(query.caller, () => readPage(this.#forLong, table, toItem, query));
  }

  /** Closes the connections for long lists. */
  close(): Promise<void> {
    return this.#forLong.close();
  }
}

/**
 * One page, and what is counted with it, of one moment. A list that takes longer than a statement may is cancelled, and
 * rejected with StoreUnavailable.
 */
function readPage<T, Filter extends object, Field extends string>(
  db: Database,
  table: ListTable<Filter, Field>,
  toItem: (row: Row) => T,
  query: ListQuery<Filter, Field>,
): Promise<Page<T>> {
  if (!query.count) return page(db);
  return db.transaction(
    async (client) => {
      const [row] = await client.query(translate(countStatement(table, query)));
      return { ...(await page(client)), total: row?.[0] as number };
    },
    { begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
  );

  async function page(client: Queryable): Promise<Page<T>> {
    const rows = await client.query(translate(pageStatement(table, query)));
    return { items: rows.slice(0, query.limit).map(toItem), more: rows.length > query.limit };
  }
}

/** PostgreSQL numbers its parameters. */
function translate({ sql, params }: ListStatement): Statement {
  let count = 0;
  return { text: sql.replaceAll('?', () => `$${++count}`), values: params };
}
