import pg from 'pg';
import { toConnectionString } from './connection-string.ts';
import { isConflict, translateError } from './errors.ts';

/** How long to wait for a connection, either new or from the pool. */
const CONNECT_TIMEOUT_MS = 2_000;
/** After this time, the server cancels a statement. */
const STATEMENT_TIMEOUT_MS = 2_000;
/** After this time, a statement fails if the server does not respond. */
const RESPONSE_TIMEOUT_MS = 3_000;
/** After this time, an unused connection is closed. */
const IDLE_TIMEOUT_MS = 30_000;
/** The maximum number of connections in a pool. */
const MAX_CONNECTIONS = 10;
/** The maximum number of attempts for a transaction that conflicts with a concurrent one. */
const MAX_ATTEMPTS = 4;

/** A row as an array, in the order of the selected columns. */
export type Row = unknown[];

/** A statement with parameters `$1`, `$2`, …. If it has a name, each connection prepares it once. */
export interface Statement {
  name?: string;
  text: string;
  values?: unknown[];
}

/** A pool, or a transaction. */
export interface Queryable {
  query(statement: Statement): Promise<Row[]>;
}

const { INT8 } = pg.types.builtins;

/** Ids and times are safe integers; by default, pg returns them as text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    return oid === INT8 ? Number : pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** A pool of connections. Its errors are translated: see `translateError`. */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  #inFlight = 0;
  #onIdle: (() => void)[] = [];

  /**
   * Connects when the first statement is sent.
   *
   * @param url such as `postgres://user:password@host:port/database`.
   * @param onError called with the error of an idle connection that failed. The pool replaces the connection.
   * @param options the maximum number of connections, and how long to wait for one, in milliseconds.
   */
  constructor(
    url: string,
    onError: (error: Error) => void,
    { maxConnections = MAX_CONNECTIONS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = {},
  ) {
    this.#pool = new pg.Pool({
      connectionString: toConnectionString(url),
      application_name: 'task-api',
      max: maxConnections,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: RESPONSE_TIMEOUT_MS,
      keepAlive: true,
      // The branches of a page must be returned in order: see `pageStatement`.
      options: '-c enable_parallel_append=off',
      types,
    });
    this.#pool.on('error', onError);
    // If a connection fails while it is in use, its statement fails. The `error` event would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** The state of the pool: its connections, those not in use, and the statements that wait for one. */
  get connections(): { total: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  query(statement: Statement): Promise<Row[]> {
    return this.#count(() => this.#use((client) => send(client, statement)));
  }

  /**
   * Runs `work` in a transaction. Runs it again if the server rolled it back because of a conflict, but not if the outcome
   * is unknown, for example because the connection was lost during the commit.
   *
   * @param options the BEGIN statement, and the timeout of its statements in milliseconds if it differs from the default.
   */
  transaction<T>(work: (client: Queryable) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#count(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#use((client) => transact(client, work, options));
        } catch (error) {
          const { cause } = error as Error;
          if (attempt === MAX_ATTEMPTS || !isConflict(cause)) throw error;
        }
      }
    });
  }

  /** As {@link transaction}, for work that yields what it reads. It is not run again. */
  async *iterate<T>(
    work: (client: Queryable) => AsyncGenerator<T, void>,
    options: TransactionOptions,
  ): AsyncGenerator<T, void> {
    const opened = Promise.withResolvers<Queryable>();
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => undefined);
    const transaction = this.transaction((client) => {
      opened.resolve(client);
      return ended.promise;
    }, options);
    transaction.catch(opened.reject);
    try {
      yield* work(await opened.promise);
    } catch (error) {
      ended.reject(error);
    } finally {
      // Also called if the consumer ends the iteration early.
      ended.resolve();
      await transaction;
    }
  }

  /** Waits for the statements in flight and closes all connections. */
  async close(): Promise<void> {
    // `end` does not wait for callers that are waiting for a connection.
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.#pool.end();
  }

  async #count<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await work();
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  async #use<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw translateError(error);
    }
    try {
      const result = await use(client);
      client.release();
      return result;
    } catch (error) {
      const translated = translateError(error);
      // The connection failed, or a response may still arrive on it: it is not reused.
      client.release(translated !== error);
      throw translated;
    }
  }
}

interface TransactionOptions {
  begin?: string;
  statementTimeoutMs?: number;
}

async function transact<T>(
  client: pg.PoolClient,
  work: (client: Queryable) => Promise<T>,
  { begin = 'BEGIN', statementTimeoutMs }: TransactionOptions,
): Promise<T> {
  await send(client, { text: begin });
  try {
    if (statementTimeoutMs !== undefined) {
      await send(client, { text: `SET LOCAL statement_timeout = ${statementTimeoutMs}` });
    }
    // Longer than the statement timeout, so that the server's own error arrives first.
    const responseTimeoutMs = (statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) + RESPONSE_TIMEOUT_MS - STATEMENT_TIMEOUT_MS;
    const result = await work({ query: (statement) => send(client, statement, responseTimeoutMs) });
    await send(client, { text: 'COMMIT' });
    return result;
  } catch (error) {
    // If the connection is lost, this fails too, and the server rolls back by itself.
    await send(client, { text: 'ROLLBACK' }).catch(() => undefined);
    throw error;
  }
}

async function send(
  client: pg.ClientBase,
  statement: Statement,
  responseTimeoutMs = RESPONSE_TIMEOUT_MS,
): Promise<Row[]> {
  // The types lack the `query_timeout` of a single query.
  const query: pg.QueryArrayConfig & { query_timeout: number } = {
    ...statement,
    rowMode: 'array',
    query_timeout: responseTimeoutMs,
  };
  const { rows } = await client.query<Row>(query);
  return rows;
}
