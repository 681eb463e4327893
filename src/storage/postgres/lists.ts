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

/** The maximum number of connections for long lists: twice as many as one token can use at the same time. */
const LIST_CONNECTIONS = 4;
/** How long a long list waits for one of them. */
const LIST_CONNECT_TIMEOUT_MS = 5_000;

/** Reads lists. Long lists have separate connections, so that other statements do not wait for them. */
export class ListReader {
  readonly #db: Database;
  readonly #longListsDb: Database;
  readonly #slots = new CallerSlots();

  /**
   * @param db for cheap pages.
   * @param url of the same database.
   * @param onError called with the error of an idle connection that failed.
   */
  constructor(db: Database, url: string, onError: (error: Error) => void) {
    this.#db = db;
    this.#longListsDb = new Database(url, onError, {
      maxConnections: LIST_CONNECTIONS,
      connectTimeoutMs: LIST_CONNECT_TIMEOUT_MS,
    });
  }

  read<T, Filter extends object, Field extends string>(
    table: ListTable<Filter, Field>,
    toItem: (row: Row) => T,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>> {
    if (isCheap(table, query)) return readPage(this.#db, table, toItem, query);
    return this.#slots.run(query.caller, () => readPage(this.#longListsDb, table, toItem, query));
  }

  /** Closes the connections for long lists. */
  close(): Promise<void> {
    return this.#longListsDb.close();
  }
}

/** Reads a page and its total from one snapshot. A list that exceeds the statement timeout is rejected with StoreBusy. */
function readPage<T, Filter extends object, Field extends string>(
  db: Database,
  table: ListTable<Filter, Field>,
  toItem: (row: Row) => T,
  query: ListQuery<Filter, Field>,
): Promise<Page<T>> {
  if (!query.count) return page(db);
  return db.transaction(
    async (client) => {
      const [row] = await client.query(withNumberedParameters(countStatement(table, query)));
      return { ...(await page(client)), total: row?.[0] as number };
    },
    { begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
  );

  async function page(client: Queryable): Promise<Page<T>> {
    const rows = await client.query(pageQuery(table, query));
    return { items: rows.slice(0, query.limit).map(toItem), more: rows.length > query.limit };
  }
}

/** The statement that reads the rows of a page and one more. */
export function pageQuery<Filter extends object, Field extends string>(
  table: ListTable<Filter, Field>,
  query: ListQuery<Filter, Field>,
): Statement {
  return withNumberedParameters(pageStatement(table, query, { limitPartitions: true }));
}

/** Replaces each `?` by a numbered parameter. */
function withNumberedParameters({ sql, params }: ListStatement): Statement {
  let count = 0;
  return { text: sql.replaceAll('?', () => `$${++count}`), values: params };
}
