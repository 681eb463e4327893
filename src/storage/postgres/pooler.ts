import type pg from 'pg';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { connect } from './connect.ts';

/**
 * Whether a connection leads to a pooler, such as PgBouncer. A pooler reports another process to its clients than the one of the
 * server that runs their statements. In transaction mode, each transaction may have another one, so what a session has set,
 * prepared or locked is lost afterwards, or another client gets it.
 */
export async function isPooled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<[pid: unknown]>({ text: 'SELECT pg_backend_pid()', rowMode: 'array' });
  // The types lack the process that was reported.
  return String(rows[0]?.[0]) !== String((client as { processID?: number }).processID);
}

/** What a URL leads to. */
export interface Connection {
  pooled: boolean;
  /** The same for all URLs of one database of one running server. */
  database: string;
}

/** @throws ConnectFailed */
export async function inspectConnection(url: string): Promise<Connection> {
  const client = await connect(url);
  try {
    const text = `SELECT concat(oid, ' ', pg_postmaster_start_time()) FROM pg_database WHERE datname = current_database()`;
    const { rows } = await client.query<[string]>({ text, rowMode: 'array' });
    return { pooled: await isPooled(client), database: rows[0]?.[0] as string };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Something needs a connection to the server itself, and there is a pooler in between. */
export class PoolerInBetween extends StoreUnusable {
  override name = 'PoolerInBetween';

  /** @param what such as `a migration`. */
  constructor(what: string) {
    super(
      `${what} needs a connection to the PostgreSQL server itself, but the URL leads to a pooler; ` +
        'set DATABASE_DIRECT_URL to the same database on the server',
    );
  }
}
