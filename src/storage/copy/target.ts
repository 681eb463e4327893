import type pg from 'pg';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { translateError } from '../postgres/errors.ts';
import { COPY_TABLE, connect, latestVersion } from '../postgres/migrate.ts';
import { CopyFailed } from './copy-failed.ts';
import { beginCopy, type CopyState, readState } from './copy-state.ts';
import { type CopiedRow, type CopiedTable, keyOf, kindOf } from './tables.ts';

/** Names the advisory lock that a copy holds: "COPY" in ASCII. */
const LOCK = 0x434f5059;
/** How long to wait for it, in milliseconds: the server may still be ending what a killed copy had begun. */
const LOCK_TIMEOUT = 10_000;
/** How many rows are read at once. */
const PAGE_ROWS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * The limits that a server may set are for short statements. One whose client is gone is ended within a second. The memory
 * is what PostgreSQL recommends for making large indexes.
 */
const SETTINGS = `
  SET statement_timeout = 0;
  SET lock_timeout = ${LOCK_TIMEOUT};
  SET client_connection_check_interval = 1000;
  SET maintenance_work_mem = '256MB';
  SET bytea_output = hex;
`;

/**
 * The PostgreSQL database that is copied into. Until the copy is finished it has a table of its own with the
 * {@link CopyState}; while that is there, no service starts on the database.
 */
export class Target {
  readonly #client: pg.Client;
  readonly #state: CopyState;

  private constructor(client: pg.Client, state: CopyState) {
    this.#client = client;
    this.#state = state;
  }

  /**
   * Begins a copy, for which the database is brought to the newest version and its indexes are set aside, or goes on with
   * one that was interrupted.
   *
   * @param name the database as a person may be shown it.
   * @throws CopyFailed when it holds anything else, or somebody else copies into it.
   * @throws StoreUnusable when it cannot be reached or used.
   */
  static async open(url: string, name: string, tables: readonly CopiedTable[], source: string): Promise<Target> {
    // Everything comes as text: see `Kind`.
    const client = await connect(url, { application_name: 'task-api copy', types: { getTypeParser: () => String } });
    try {
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

  /** How many rows of a table are copied, and the key of the last, if there is one. */
  progressOf(table: CopiedTable): { rows: number; lastKey?: string[] } {
    return this.#state.tables[table.name] ?? { rows: 0 };
  }

  /** Stores the next rows of a table, all or none of them. */
  async insert(table: CopiedTable, rows: CopiedRow[]): Promise<void> {
    const columns = Object.keys(table.columns);
    const arrays = Object.values(table.columns).map(({ type }, column) => `$${column + 2}::${type}[]`);
    this.#state.tables[table.name] = {
      rows: this.progressOf(table).rows + rows.length,
      lastKey: keyOf(table, rows.at(-1) as CopiedRow),
    };
    await this.#query(
      `WITH copied AS
         (INSERT INTO ${table.name} (${columns.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')}))
       UPDATE ${COPY_TABLE} SET state = $1`,
      [JSON.stringify(this.#state), ...columns.map((_, column) => rows.map((row) => row[column]))],
    );
  }

  /** All rows of a table, in order of their key, some thousands at a time. */
  async *pages(table: CopiedTable): AsyncGenerator<CopiedRow[]> {
    const key = table.key.join(', ');
    const places = table.key.map((column, place) => `$${place + 1}::${kindOf(table, column).type}`);
    const select = (where: string) =>
      `SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name} ${where} ORDER BY ${key} LIMIT ${PAGE_ROWS}`;
    let page = await this.#query(select(''));
    while (page.length > 0) {
      // Read while the caller works on the one before.
      const next =
        page.length < PAGE_ROWS
          ? undefined
          : this.#query(select(`WHERE (${key}) > (${places.join(', ')})`), keyOf(table, page.at(-1) as CopiedRow));
      // Its failure is reported where it is waited for.
      next?.catch(() => undefined);
      yield page;
      page = (await next) ?? [];
    }
  }

  /** Lets the ids of a table go on behind the greatest that was given out, here or in the source. */
  async raiseIds(table: CopiedTable, greatest: number): Promise<void> {
    await this.#query(
      `SELECT setval(name::regclass, greatest($3::bigint, coalesce(pg_sequence_last_value(name::regclass), 0)))
       FROM pg_get_serial_sequence($1, $2) AS name WHERE name IS NOT NULL AND $3::bigint > 0`,
      [table.name, table.key[0], greatest],
    );
  }

  /** How many indexes are to be made again. */
  get indexesLeft(): number {
    return this.#state.indexes.length;
  }

  /** Makes one of the indexes that were set aside. */
  async makeIndex(): Promise<void> {
    const [definition, ...indexes] = this.#state.indexes;
    await this.#query('BEGIN');
    await this.#query(definition as string);
    this.#state.indexes = indexes;
    await this.#query(`UPDATE ${COPY_TABLE} SET state = $1`, [JSON.stringify(this.#state)]);
    await this.#query('COMMIT');
  }

  /** Lets PostgreSQL look at what is in a table, so that the first queries are as fast as later ones. */
  async analyze(table: CopiedTable): Promise<void> {
    await this.#query(`ANALYZE ${table.name}`);
  }

  /** Declares the copy finished: from now on a service may start on it. */
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

async function takeLock(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new CopyFailed(`another copy into ${name} is running; let it finish`, { cause: error });
  }
}
