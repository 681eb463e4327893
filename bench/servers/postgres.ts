import { buildApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { PostgresConfig } from '../../src/config/database.ts';
import type { Store } from '../../src/domain/store.ts';
import { createLogger } from '../../src/logger.ts';
import { Database } from '../../src/storage/postgres/database.ts';
import {
  createPostgresStore,
  openPostgresStore,
  type PostgresStoreOptions,
} from '../../src/storage/postgres/postgres-store.ts';
import { insertUser } from '../drivers/insert-user.ts';

/**
 * The service on PostgreSQL, of which only one thing differs: whether new users that arrive together share a statement.
 * Run with the port to listen on, the database's URL, the plans, and `grouped` or `single`.
 */
const [port, databaseUrl, plans, statements] = process.argv.slice(2) as [string, string, string, string];

/** A store with a statement for each new user, on any free connection: the obvious way, which the service is compared with. */
function openSingleStatementStore(options: PostgresStoreOptions): Store {
  const store = createPostgresStore(options);
  const db = new Database(options.url, options.onError);
  store.users.create = (user, { actor }) => insertUser(db, { user, origin: { actor } }, options.clock());
  return store;
}

const config = loadConfig({ databaseUrl, plans }, {});
const { url } = config.database as PostgresConfig;
const logger = await createLogger(config.logLevel);
const clock = Date.now;
const options = { url, clock, onError: (error: Error) => logger.warn(error) };
// The token was issued in this database already, which made its tables.
const store = statements === 'grouped' ? await openPostgresStore(options) : openSingleStatementStore(options);
const app = await buildApp({
  config,
  store,
  logger,
  clock,
  acceptDevelopmentToken: false,
  allowPrivateWebhooks: false,
});
await app.ready();
app.server.listen(Number(port), '127.0.0.1');
