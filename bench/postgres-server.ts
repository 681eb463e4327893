import { chmodSync } from 'node:fs';
import pg from 'pg';
import { type OwnPostgres, startOwnPostgres } from '../test/support/own-postgres.ts';
import { withWorkFolder } from './work-folder.ts';

/** A PostgreSQL server with its own settings, as it is installed, and its data beside the code. */
export class PostgresServer {
  readonly #server: OwnPostgres;
  #databases = 0;

  private constructor(server: OwnPostgres) {
    this.#server = server;
  }

  /** Runs a server until `use` is done with it. */
  static use<T>(use: (server: PostgresServer) => Promise<T>): Promise<T> {
    return withWorkFolder(async (folder) => {
      // The server is another user's when this process is root's.
      chmodSync(folder, 0o755);
      const server = await startOwnPostgres([], folder);
      try {
        return await use(new PostgresServer(server));
      } finally {
        await server.remove();
      }
    });
  }

  /** Its first process. */
  get pid(): number {
    return this.#server.pid();
  }

  /** As it tells it itself. */
  async version(): Promise<string> {
    const [row] = await this.#run("SELECT current_setting('server_version')");
    return row?.[0] as string;
  }

  /** Makes an empty database for `use`. */
  async withDatabase<T>(use: (url: string) => Promise<T>): Promise<T> {
    const name = `bench_${++this.#databases}`;
    await this.#run(`CREATE DATABASE ${name}`);
    // Or what the one before has left to write would be written while this one is measured.
    await this.checkpoint();
    try {
      return await use(new URL(name, this.#server.url).href);
    } finally {
      await this.#run(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  }

  /** Writes out whatever is still to be written. */
  async checkpoint(): Promise<void> {
    await this.#run('CHECKPOINT');
  }

  async #run(sql: string): Promise<unknown[][]> {
    const client = new pg.Client({ connectionString: this.#server.url });
    await client.connect();
    try {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
      return rows;
    } finally {
      await client.end();
    }
  }
}
