import { countStatement, type Statement as ListStatement, type ListTable, pageStatement } from '../list-sql.ts';
import type { ListQuery, Page } from '../store.ts';
import type { Database, Queryable, Row, Statement } from './database.ts';

/**
 * One page, and what is counted with it, of one moment. A list that takes longer than a statement may is cancelled, and
 * rejected with StoreUnavailable.
 */
export function readPage<T, Filter extends object, Field extends string>(
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
