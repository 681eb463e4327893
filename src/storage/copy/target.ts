import type pg from 'pg';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { POSTGRES_TYPES } from '../postgres/column-arrays.ts';
import { connect } from '../postgres/connect.ts';
import { translateError } from '../postgres/errors.ts';
import { COPY_TABLE, latestVersion } from '../postgres/migrate.ts';
import { isPooled } from '../postgres/pooler.ts';
import { rebuildSearchIndexes } from '../postgres/search-index.ts';
import { CopyFailed } from './copy-failed.ts';
import { beginCopy, type CopyState, readState } from './copy-state.ts';
import { type CopiedRow, type CopiedTable, keyOf, keyTypes } from './tables.ts';

/** Identifies the advisory lock that a copy holds: "COPY" in ASCII. */
const LOCK_KEY = 0x434f5059;
/** The time to wait for the lock: the server may still be rolling back a copy that was killed. */
const LOCK_TIMEOUT_MS = 10_000;
const PAGE_ROWS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Lifts the server's limits, which are for short statements. If the client is killed, the server ends its statement
 * within a second. The memory is what PostgreSQL recommends for creating large indexes.
 */
const SETTINGS = `
  SET statement_timeout = 0;
  SET lock_timeout = ${LOCK_TIMEOUT_MS};
  SET client_connection_check_interval = 1000;
  SET maintenance_work_mem = '256MB';
  SET bytea_output = hex;
`;

/**
 * The PostgreSQL database to copy into. Until the copy is finished, an additional table holds the {@link CopyState};
 * while it exists, no service starts on the database.
 */
export class Target {
  readonly #client: pg.Client;
  readonly #state: CopyState;

  private constructor(client: pg.Client, state: CopyState) {
    this.#client = client;
    this.#state = state;
  }

  /**
   * Starts a copy, for which it migrates the database to the newest version and drops its indexes, or resumes an
   * interrupted one.
   *
   * @param name the database, without user and password.
   * @throws CopyFailed if the database is not empty, or another process copies into it.
   * @throws StoreUnusable if it cannot be reached or used.
   */
  static async open(url: string, name: string, tables: readonly CopiedTable[], source: string): Promise<Target> {
    // All values are read as text: see `TextFormat`.
    const client = await connect(url, { application_name: 'task-api copy', types: { getTypeParser: () => String } });
    try {
      if (await isPooled(client)) throw new CopyFailed(`${name} is a pooler; copy to the PostgreSQL server itself`);
      await client.query(SETTINGS);
      await takeLock(client, name);
      const state = (await readState(client)) ?? (await beginCopy(client, url, name, tables, source));
      if (state.source !== source) {
        throw new CopyFailed(
          `${name} holds an unfinished copy of ${state.source}; finish that one, or copy into a new database`,
        );
      }
      if (state.version !== latestVersion) {
        throw new CopyFailed(
          `${name} holds an unfinished copy that another version of this program began; copy into a new database`,
        );
      }
      return new Target(client, state);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error instanceof CopyFailed || error instanceof StoreUnusable ? error : translateError(error);
    }
  }

  /** The number of rows of a table that are copied, and the key of the last one, if any. */
  progressOf(table: CopiedTable): { rows: number; lastKey?: string[] } {
    return this.#state.tables[table.name] ?? { rows: 0 };
  }

  /** Inserts the next rows of a table, all of them or none. */
  async insert(table: CopiedTable, rows: CopiedRow[]): Promise<void> {
    const arrays = table.columns.map(({ type }, i) => `$${i + 2}::${POSTGRES_TYPES[type]}[]`);
    this.#state.tables[table.name] = {
      rows: this.progressOf(table).rows + rows.length,
      lastKey: keyOf(table, rows.at(-1) as CopiedRow),
    };
    await this.#query(
      `WITH copied AS
         (INSERT INTO ${table.name} (${namesOf(table)}) SELECT * FROM unnest(${arrays.join(', ')}))
       UPDATE ${COPY_TABLE} SET state = $1`,
      [JSON.stringify(this.#state), ...table.columns.map((_, i) => rows.map((row) => row[i]))],
    );
  }

  /** All rows of a table, page by page in the order of the key. */
  async *pages(table: CopiedTable): AsyncGenerator<CopiedRow[]> {
    const key = table.key.join(', ');
    const parameters = keyTypes(table).map((type, i) => `$${i + 1}::${POSTGRES_TYPES[type]}`);
    const select = (where: string) =>
      `SELECT ${namesOf(table)} FROM ${table.name} ${where} ORDER BY ${key} LIMIT ${PAGE_ROWS}`;
    let page = await this.#query(select(''));
    while (page.length > 0) {
      // Read while the caller processes the previous page.
      const next =
        page.length < PAGE_ROWS
          ? undefined
          : this.#query(select(`WHERE (${key}) > (${parameters.join(', ')})`), keyOf(table, page.at(-1) as CopiedRow));
      // A failure is reported when `next` is awaited.
      next?.catch(() => undefined);
      yield page;
      page = (await next) ?? [];
    }
  }

  /** Makes the generated ids of a table continue after the greatest one so far, here or in the source. */
  async raiseIds(table: CopiedTable, greatest: number): Promise<void> {
    await this.#query(
      `SELECT setval(name::regclass, greatest($3::bigint, coalesce(pg_sequence_last_value(name::regclass), 0)))
       FROM pg_get_serial_sequence($1, $2) AS name WHERE name IS NOT NULL AND $3::bigint > 0`,
      [table.name, table.key[0], greatest],
    );
  }

  /** The number of indexes that are still to be created. */
  get missingIndexes(): number {
    return this.#state.indexes.length;
  }

  /** Creates one of the indexes that were dropped. */
  async createIndex(): Promise<void> {
    const [definition, ...indexes] = this.#state.indexes;
    await this.#query('BEGIN');
    await this.#query(definition as string);
    this.#state.indexes = indexes;
    await this.#query(`UPDATE ${COPY_TABLE} SET state = $1`, [JSON.stringify(this.#state)]);
    await this.#query('COMMIT');
  }

  /** Makes the words of all users and tasks. */
  async indexWords(onRows: (count: number) => void): Promise<void> {
    try {
      await rebuildSearchIndexes(this.#client, onRows);
    } catch (error) {
      throw translateError(error);
    }
  }

  /** Collects statistics about a table, so that the first queries are as fast as later ones. */
  async analyze(table: CopiedTable): Promise<void> {
    await this.#query(`ANALYZE ${table.name}`);
  }

  /** Finishes the copy: from now on, a service can start on the database. */
  async finish(): Promise<void> {
    await this.#query(`DROP TABLE ${COPY_TABLE}`);
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }

  async #query(text: string, values: unknown[] = []): Promise<CopiedRow[]> {
    try {
      const { rows } = await this.#client.query<CopiedRow>({ text, values, rowMode: 'array' });
      return rows;
    } catch (error) {
      throw translateError(error);
    }
  }
}

function namesOf(table: CopiedTable): string {
  return table.columns.map(({ name }) => name).join(', ');
}

async function takeLock(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new CopyFailed(`another copy into ${name} is running; let it finish`, { cause: error });
  }
}
