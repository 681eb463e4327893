import type { Store } from '../../domain/store.ts';
import { PostgresChangeRepository } from './changes.ts';
import { Consumers } from './consumers.ts';
import { Database } from './database.ts';
import { ListReader } from './lists.ts';
import { migrate } from './migrate.ts';
import * as repositories from './repositories.ts';

export interface PostgresStoreOptions {
  /** Such as `postgres://user:password@host:port/database`. */
  url: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Called with the error of an idle connection that failed. */
  onError: (error: Error) => void;
}

/**
 * Connects, and migrates the database to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, if the database cannot be reached or used.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  await migrate(options.url);
  return createPostgresStore(options);
}

type Repositories = { [Name in keyof typeof repositories]: InstanceType<(typeof repositories)[Name]> };

/** The store in a PostgreSQL database at the newest version, which any number of processes can share. */
export function createPostgresStore({ url, clock, onError }: PostgresStoreOptions): Store {
  const db = new Database(url, onError);
  const lists = new ListReader(db, url, onError);
  const changes = new PostgresChangeRepository(db, lists);
  const shared = { lists, clock, consumers: new Consumers(db, changes) };
  const entries = Object.entries(repositories).map(([name, Repository]) => [name, new Repository(db, shared)]);
  const created: Repositories = Object.fromEntries(entries);

  return {
    ...created,
    changes,

    async ping() {
      await db.query({ text: 'SELECT 1 FROM users LIMIT 1' });
    },

    async close() {
      await Promise.all([created.users.idle(), created.tasks.idle()]);
      await Promise.all([lists.close(), db.close()]);
    },
  };
}
