import type { ListQuery, ListStream, Page } from '../../domain/lists.ts';
import { StoreBusy } from '../../domain/outcomes.ts';
import { type CallerSlots, MAX_STREAMS } from '../sql/caller-slots.ts';
import { type StreamedList, toLines, wholeList } from '../sql/json-lines.ts';
import {
  countStatement,
  isCheap,
  type Statement as ListStatement,
  type ListTable,
  pageStatement,
} from '../sql/list-sql.ts';
import { WALK_TIMEOUT_MS } from '../sql/search-words.ts';
import { Database, type Queryable, type Row, type Statement } from './database.ts';
import type { Primary } from './primary.ts';
import { streamRows } from './row-stream.ts';
import { comparing, planOf, type Reading } from './search.ts';

/** The maximum number of connections for long lists: twice as many as one token can use at the same time. */
const LIST_CONNECTIONS = 4;
/** How long a long list or a stream waits for one of its connections. */
const LIST_CONNECT_TIMEOUT_MS = 5_000;

/** Reads the lists of all resources. */
export interface Lists {
  read<T, Filter extends object, Field extends string>(
    table: ListTable<Filter, Field>,
    toItem: (row: Row) => T,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>>;
  stream<Filter extends object, Field extends string>(
    name: StreamedList,
    table: ListTable<Filter, Field>,
    query: ListQuery<Filter, Field>,
    signal: AbortSignal,
  ): ListStream;
}

/** Reads lists from one server. Long lists and streams have separate connections, so that other statements do not wait for them. */
export class ListReader implements Lists {
  readonly #db: Database;
  readonly #longListsDb: Database;
  readonly #streamsDb: Database;
  readonly #slots: CallerSlots;

  /**
   * @param db for cheap pages.
   * @param primary of the same database.
   * @param onError called with the error of an idle connection that failed.
   * @param slots those of all servers.
   */
  constructor(db: Database, primary: Primary, onError: (error: Error) => void, slots: CallerSlots) {
    this.#db = db;
    this.#slots = slots;
    const { pooled } = db;
    const connectTimeoutMs = LIST_CONNECT_TIMEOUT_MS;
    this.#longListsDb = new Database(primary, onError, { pooled, maxConnections: LIST_CONNECTIONS, connectTimeoutMs });
    this.#streamsDb = new Database(primary, onError, { pooled, maxConnections: MAX_STREAMS, connectTimeoutMs });
  }

  read<T, Filter extends object, Field extends string>(
    table: ListTable<Filter, Field>,
    toItem: (row: Row) => T,
    query: ListQuery<Filter, Field>,
  ): Promise<Page<T>> {
    const reading = { table, query };
    if (isCheap(table, query)) return readPage(this.#db, comparing(reading), toItem);
    const db = this.#longListsDb;
    return this.#slots.run(query.caller, async () => {
      const { page, otherwise } = await planOf(db, reading);
      if (otherwise === undefined) return readPage(db, page, toItem);
      return (await walk(db, page, toItem)) ?? readPage(db, otherwise, toItem);
    });
  }

  async *stream<Filter extends object, Field extends string>(
    name: StreamedList,
    table: ListTable<Filter, Field>,
    query: ListQuery<Filter, Field>,
    signal: AbortSignal,
  ): ListStream {
    const { firstPage, all } = wholeList(query);
    if (isCheap(table, firstPage)) {
      const { items, more } = await readPage(this.#db, comparing({ table, query: firstPage }), (row) => row);
      if (items.length > 0 && !more) yield toLines(name, items);
      if (!more) return;
    }
    const release = await this.#slots.acquire(query.caller);
    try {
      const { page } = await planOf(this.#streamsDb, { table, query: all });
      const statement = pageQuery(page.table, page.query);
      for await (const rows of streamRows(this.#streamsDb, statement, { signal, cancelDb: this.#db })) {
        yield toLines(name, rows);
      }
    } finally {
      release();
    }
  }

  /** Closes the connections for long lists and streams. */
  async close(): Promise<void> {
    await Promise.all([this.#longListsDb.close(), this.#streamsDb.close()]);
  }
}

const READ_ONLY = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Reads a page and its total from one snapshot. A list that exceeds the statement timeout is rejected with StoreBusy. */
function readPage<T, Filter extends object, Field extends string>(
  db: Database,
  reading: Reading<Filter, Field>,
  toItem: (row: Row) => T,
): Promise<Page<T>> {
  const { count } = reading.query;
  if (!count && !db.pooled) return selectPage(db, reading, toItem);
  return db.transaction(
    async (client) => {
      if (!count) return selectPage(client, reading, toItem);
      const [row] = await client.query(withNumberedParameters(countStatement(reading.table, reading.query)));
      return { ...(await selectPage(client, reading, toItem)), total: row?.[0] as number };
    },
    { begin: READ_ONLY },
  );
}

/** Reads a page, or returns undefined if that takes longer than {@link WALK_TIMEOUT_MS}. */
async function walk<T, Filter extends object, Field extends string>(
  db: Database,
  reading: Reading<Filter, Field>,
  toItem: (row: Row) => T,
): Promise<Page<T> | undefined> {
  const options = { begin: READ_ONLY, statementTimeoutMs: WALK_TIMEOUT_MS };
  try {
    return await db.transaction((client) => selectPage(client, reading, toItem), options);
  } catch (error) {
    if (error instanceof StoreBusy) return undefined;
    throw error;
  }
}

async function selectPage<T, Filter extends object, Field extends string>(
  db: Queryable,
  { table, query }: Reading<Filter, Field>,
  toItem: (row: Row) => T,
): Promise<Page<T>> {
  const rows = await db.query(pageQuery(table, query));
  return { items: rows.slice(0, query.limit).map(toItem), more: rows.length > query.limit };
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
