import pg from 'pg';
import { toConnectionString } from './connection-string.ts';
import { isConflict, translateError } from './errors.ts';

/** How long a connection may take to be made or to become free, in milliseconds. */
const CONNECT_TIMEOUT = 2_000;
/** After how many milliseconds the server cancels a statement; after how many one is given up that it does not answer. */
const STATEMENT_TIMEOUT = 2_000;
const ANSWER_TIMEOUT = 3_000;
/** How long a connection is kept that nobody uses, in milliseconds. */
const IDLE_TIMEOUT = 30_000;
/** How many connections a pool has at most. */
const MAX_CONNECTIONS = 10;
/** How often a transaction is run that the server took back because of another one. */
const MAX_TRIES = 4;

/** A row as an array, in the order of the selected columns. */
export type Row = unknown[];

/** A statement with `$1` and so on for its parameters. With a name it is prepared once a connection. */
export interface Statement {
  name?: string;
  text: string;
  values?: unknown[];
}

/** Something that statements can be sent to. */
export interface Queryable {
  query(statement: Statement): Promise<Row[]>;
}

const { INT8 } = pg.types.builtins;

/** Ids and times fit a JavaScript number; pg would give them as text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    return oid === INT8 ? Number : pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** A pool of connections. Whatever it rejects with is translated: see `translateError`. */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  #underWay = 0;
  #onIdle: (() => void)[] = [];

  /**
   * Nothing is connected to before the first statement.
   *
   * @param url as `postgres://user:password@host:port/database`.
   * @param onError told of connections that fail while nobody uses them. The pool makes new ones by itself.
   * @param options how many connections there are at most, and for how many milliseconds one may be waited for.
   */
  constructor(
    url: string,
    onError: (error: Error) => void,
    { maxConnections = MAX_CONNECTIONS, connectTimeout = CONNECT_TIMEOUT } = {},
  ) {
    this.#pool = new pg.Pool({
      connectionString: toConnectionString(url),
      application_name: 'task-api',
      max: maxConnections,
      connectionTimeoutMillis: connectTimeout,
      idleTimeoutMillis: IDLE_TIMEOUT,
      statement_timeout: STATEMENT_TIMEOUT,
      query_timeout: ANSWER_TIMEOUT,
      keepAlive: true,
      // The branches of a page must come one after another: see `pageStatement`.
      options: '-c enable_parallel_append=off',
      types,
    });
    this.#pool.on('error', onError);
    // While one is in use, what it was to do fails; it says so a second time, which nobody else listens to.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  query(statement: Statement): Promise<Row[]> {
    return this.#count(() => this.#use((client) => send(client, statement)));
  }

  /**
   * Runs `work` in a transaction, again when the server took it back because of another one. Nothing is tried again
   * whose outcome is not known, such as a commit that the connection was lost in.
   *
   * @param options how it begins, `BEGIN` or one with another isolation level, and for how many milliseconds a statement
   *   of it may take where that is longer than others.
   */
  transaction<T>(work: (client: Queryable) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#count(async () => {
      for (let tries = 1; ; tries++) {
        try {
          return await this.#use((client) => transact(client, work, options));
        } catch (error) {
          const { cause } = error as Error;
          if (tries === MAX_TRIES || !isConflict(cause)) throw error;
        }
      }
    });
  }

  /** Waits for the statements under way and closes all connections. */
  async close(): Promise<void> {
    // The pool itself forgets whoever still waits for a connection.
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.#pool.end();
  }

  async #count<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
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
      // A connection that failed, or that an answer may still come on, is not used again.
      client.release(translated !== error);
      throw translated;
    }
  }
}

interface TransactionOptions {
  begin?: string;
  statementTimeout?: number;
}

async function transact<T>(
  client: pg.PoolClient,
  work: (client: Queryable) => Promise<T>,
  { begin = 'BEGIN', statementTimeout }: TransactionOptions,
): Promise<T> {
  await send(client, { text: begin });
  try {
    if (statementTimeout !== undefined)
      await send(client, { text: `SET LOCAL statement_timeout = ${statementTimeout}` });
    // What the server cancels it has answered before.
    const answerTimeout = (statementTimeout ?? STATEMENT_TIMEOUT) + ANSWER_TIMEOUT - STATEMENT_TIMEOUT;
    const result = await work({ query: (statement) => send(client, statement, answerTimeout) });
    await send(client, { text: 'COMMIT' });
    return result;
  } catch (error) {
    // On a connection that is lost this fails as well, and the server takes everything back by itself.
    await send(client, { text: 'ROLLBACK' }).catch(() => undefined);
    throw error;
  }
}

async function send(client: pg.ClientBase, statement: Statement, answerTimeout = ANSWER_TIMEOUT): Promise<Row[]> {
  // The types do not know that a query may have a limit of its own.
  const query: pg.QueryArrayConfig & { query_timeout: number } = {
    ...statement,
    rowMode: 'array',
    query_timeout: answerTimeout,
  };
  const { rows } = await client.query<Row>(query);
  return rows;
}
