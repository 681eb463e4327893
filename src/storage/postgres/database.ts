import pg from 'pg';
import { StoreUnavailable } from '../../domain/outcomes.ts';
import { clientClass } from './client-config.ts';
import { isConflict, isReadOnly, translateError } from './errors.ts';
import { LOG_POSITION, type LogPosition } from './log-position.ts';
import { Primary } from './primary.ts';

/** How long to wait for a connection, either new or from the pool. */
const CONNECT_TIMEOUT_MS = 2_000;
/** After this time, the server cancels a statement. */
const STATEMENT_TIMEOUT_MS = 2_000;
/**
 * After this time without a statement, the server ends a transaction. If a machine vanishes or a process hangs, its locks would
 * otherwise stop webhooks, and its open change the feed, until the connection is lost: with the defaults of Linux, two hours.
 */
const IDLE_TRANSACTION_TIMEOUT_MS = 5_000;
/** After this time, a statement fails if the server does not respond. */
const RESPONSE_TIMEOUT_MS = 3_000;
/** After this time, an unused connection is closed. */
const IDLE_TIMEOUT_MS = 30_000;
/** The maximum number of connections in a pool. */
const MAX_CONNECTIONS = 10;
/** The function of the server that waits for a synchronous standby, in the warning that it stopped waiting. */
const SYNC_WAIT = 'SyncRepWaitForLSN';
/** The minimum time between two times that all connections are replaced because their server is read-only. */
const RENEW_INTERVAL_MS = 1_000;
/** The branches of a page must be returned in order: see `pageStatement`. */
const ORDERED_PAGES = 'enable_parallel_append=off';
/** The maximum number of attempts for a transaction that conflicts with a concurrent one. */
const MAX_ATTEMPTS = 4;

/** A row as an array, in the order of the selected columns. */
export type Row = unknown[];

/**
 * A statement with parameters `$1`, `$2`, …. If it has a name, each connection prepares it once, unless there is a pooler in
 * between.
 */
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

/** A pool of connections to the primary server. Its errors are translated: see `translateError`. */
export class Database implements Queryable {
  /** Whether only a transaction has the limits and settings that a session has otherwise. See `isPooled`. */
  readonly pooled: boolean;
  readonly #primary: Primary;
  readonly #options: pg.PoolConfig;
  readonly #log: LogPosition | undefined;
  readonly #onError: (error: Error) => void;
  /** The connections whose last commit is on no standby, although the server is to wait for that. */
  readonly #unreplicated = new WeakSet<pg.ClientBase>();
  /** The pool of the current server, with its clients; undefined until the first statement for that server. */
  #current: { pool: pg.Pool; clients: Set<pg.PoolClient> } | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #inFlight = 0;
  #onIdle: (() => void)[] = [];

  /**
   * Connects when the first statement is sent.
   *
   * @param server the primary, or a URL with one host, such as `postgres://user:password@host:port/database`.
   * @param onError called with the error of an idle connection that failed. The pool replaces the connection.
   * @param options see {@link DatabaseOptions}.
   */
  constructor(
    server: Primary | string,
    onError: (error: Error) => void,
    {
      pooled = false,
      maxConnections = MAX_CONNECTIONS,
      connectTimeoutMs = CONNECT_TIMEOUT_MS,
      log,
    }: DatabaseOptions = {},
  ) {
    this.pooled = pooled;
    this.#log = log;
    this.#primary = typeof server === 'string' ? new Primary(server) : server;
    this.#onError = onError;
    this.#options = {
      application_name: 'task-api',
      max: maxConnections,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      query_timeout: RESPONSE_TIMEOUT_MS,
      keepAlive: true,
      types,
      onConnect: (client) => this.#primary.verify(client),
      // Sends the statement that reads the position in the log together with the one before it.
      pipeline: log !== undefined && !pooled,
      // A pooler rejects what sets something for a session.
      ...(!pooled && {
        statement_timeout: STATEMENT_TIMEOUT_MS,
        idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
        options: `-c ${ORDERED_PAGES}`,
      }),
    };
    this.#primary.onChange(() => this.#abandon());
  }

  /** The state of the pool: its connections, those not in use, and the statements that wait for one. */
  get connections(): { total: number; idle: number; waiting: number } {
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = this.#current?.pool ?? {};
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  query(statement: Statement): Promise<Row[]> {
    return this.#count(() => this.#use((client) => this.#send(client, statement)));
  }

  /** As {@link query}, for a statement that writes outside of a transaction. */
  write(statement: Statement): Promise<Row[]> {
    return this.#count(() => this.#use((client) => this.#end(client, statement)));
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
          return await this.#use((client) => this.#transact(client, work, options));
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
    await this.#current?.pool.end();
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

  async #transact<T>(
    client: pg.PoolClient,
    work: (client: Queryable) => Promise<T>,
    { begin = 'BEGIN', statementTimeoutMs }: TransactionOptions,
  ): Promise<T> {
    const timeoutMs = statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
    try {
      await this.#send(client, { text: [begin, ...this.#settings(statementTimeoutMs)].join('; ') });
      // Longer than the statement timeout, so that the server's own error arrives first.
      const responseTimeoutMs = timeoutMs + RESPONSE_TIMEOUT_MS - STATEMENT_TIMEOUT_MS;
      const result = await work({ query: (statement) => this.#send(client, statement, responseTimeoutMs) });
      const commit = { text: 'COMMIT' };
      await (begin.includes('READ ONLY') ? this.#send(client, commit) : this.#end(client, commit));
      return result;
    } catch (error) {
      // If the connection is lost, this fails too, and the server rolls back by itself.
      await this.#end(client, { text: 'ROLLBACK' }).catch(() => undefined);
      throw error;
    }
  }

  /** The statements that begin a transaction, besides BEGIN. They are sent together with it. */
  #settings(statementTimeoutMs: number | undefined): string[] {
    const timeoutMs = statementTimeoutMs ?? (this.pooled ? STATEMENT_TIMEOUT_MS : undefined);
    return [
      ...(timeoutMs === undefined ? [] : [`SET LOCAL statement_timeout = ${timeoutMs}`]),
      ...(this.pooled
        ? [`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TRANSACTION_TIMEOUT_MS}; SET LOCAL ${ORDERED_PAGES}`]
        : []),
    ];
  }

  /**
   * Sends a statement that ends a transaction. If there are replicas, reads the position in the log after it: what the
   * transaction has written, or why it was rolled back, is before that.
   */
  async #end(client: pg.ClientBase, statement: Statement): Promise<Row[]> {
    if (this.#log === undefined) return this.#send(client, statement);
    const sent = this.#send(client, statement);
    // PgBouncer does not support several statements in flight.
    if (this.pooled) await Promise.allSettled([sent]);
    const [ended, read] = await Promise.allSettled([sent, this.#send(client, LOG_POSITION)]);
    if (read.status === 'fulfilled') this.#log.advance(read.value[0]?.[0] as string);
    if (ended.status === 'rejected') throw ended.reason;
    if (read.status === 'rejected') throw read.reason;
    return ended.value;
  }

  async #send(
    client: pg.ClientBase,
    { name, ...statement }: Statement,
    responseTimeoutMs = RESPONSE_TIMEOUT_MS,
  ): Promise<Row[]> {
    // The types lack the `query_timeout` of a single query.
    const query: pg.QueryArrayConfig & { query_timeout: number } = {
      ...statement,
      ...(!this.pooled && name !== undefined && { name }),
      rowMode: 'array',
      query_timeout: responseTimeoutMs,
    };
    const { rows } = await client.query<Row>(query);
    if (this.#unreplicated.delete(client)) {
      throw new StoreUnavailable('PostgreSQL: the server did not wait until its standby had the commit');
    }
    return rows;
  }

  async #use<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      const result = await use(client);
      client.release();
      return result;
    } catch (error) {
      if (isReadOnly(error)) this.#renew();
      const translated = translateError(error);
      // The connection failed, or a response may still arrive on it: it is not reused.
      client.release(translated !== error);
      throw translated;
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    if (this.#primary.url === undefined) await this.#primary.find();
    this.#current ??= this.#createPool(this.#primary.url as string);
    const current = this.#current;
    try {
      return await current.pool.connect();
    } catch (error) {
      // It waited for a connection to a server that is no longer used.
      if (current !== this.#current) return this.#connect();
      if (error instanceof StoreUnavailable) throw error;
      // Also if the server rejects the login: the password may just be changing.
      throw new StoreUnavailable(`PostgreSQL: ${(error as Error).message}`, { cause: error });
    }
  }

  #createPool(url: string): { pool: pg.Pool; clients: Set<pg.PoolClient> } {
    const pool = new pg.Pool({ ...this.#options, Client: clientClass(url) });
    const clients = new Set<pg.PoolClient>();
    pool.on('error', this.#onError);
    pool.on('connect', (client) => {
      clients.add(client);
      // If a connection fails while it is in use, its statement fails. The `error` event would end the process.
      client.on('error', () => undefined);
      client.on('notice', ({ routine }) => routine === SYNC_WAIT && this.#unreplicated.add(client));
    });
    pool.on('remove', (client) => clients.delete(client));
    return { pool, clients };
  }

  /** Closes all connections at once, for another server. A statement in flight fails: its server may never respond. */
  #abandon(): void {
    const { pool, clients } = this.#current ?? {};
    this.#current = undefined;
    if (pool === undefined) return;
    pool.off('error', this.#onError).on('error', () => undefined);
    // The types lack the connection. `end` would wait for the server.
    for (const client of clients ?? []) (client as { connection?: pg.Connection }).connection?.stream.destroy();
    pool.end().catch(() => undefined);
  }

  /**
   * Replaces the connections, each when it is no longer in use. Their server has become read-only, and a name, an address or a
   * pooler may lead to another one now.
   */
  #renew(): void {
    const now = performance.now();
    if (now - this.#renewedAt < RENEW_INTERVAL_MS) return;
    this.#renewedAt = now;
    const pool = this.#current?.pool;
    this.#current = undefined;
    pool?.end().catch(() => undefined);
  }
}

interface DatabaseOptions {
  /** Whether the URL leads to a pooler. */
  pooled?: boolean;
  maxConnections?: number;
  /** How long to wait for a connection, in milliseconds. */
  connectTimeoutMs?: number;
  /** Receives the position in the log after each write; undefined if there are no replicas. */
  log?: LogPosition | undefined;
}

interface TransactionOptions {
  begin?: string;
  statementTimeoutMs?: number;
}
