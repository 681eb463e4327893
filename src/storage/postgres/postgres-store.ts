import type { Store } from '../../domain/store.ts';
import { PostgresChangeRepository } from './changes.ts';
import { Consumers } from './consumers.ts';
import { Database } from './database.ts';
import { PostgresDeliveryRepository } from './deliveries.ts';
import { PostgresEmailRepository } from './emails.ts';
import { PostgresIdempotencyKeyRepository } from './idempotency-keys.ts';
import { PostgresIdentityRepository } from './identities.ts';
import { ListReader } from './lists.ts';
import { migrate } from './migrate.ts';
import { PostgresTaskRepository } from './tasks.ts';
import { PostgresTokenRepository } from './tokens.ts';
import { PostgresUserRepository } from './users.ts';
import { PostgresWebhookRepository } from './webhooks.ts';

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
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  await migrate(options.url);
  return new PostgresStore(options);
}

/** The store in a PostgreSQL database, which any number of processes can share. */
export class PostgresStore implements Store {
  readonly users: PostgresUserRepository;
  readonly identities: PostgresIdentityRepository;
  readonly tasks: PostgresTaskRepository;
  readonly tokens: PostgresTokenRepository;
  readonly webhooks: PostgresWebhookRepository;
  readonly deliveries: PostgresDeliveryRepository;
  readonly emails: PostgresEmailRepository;
  readonly changes: PostgresChangeRepository;
  readonly idempotencyKeys: PostgresIdempotencyKeyRepository;
  readonly #db: Database;
  readonly #lists: ListReader;

  constructor({ url, clock, onError }: PostgresStoreOptions) {
    const db = new Database(url, onError);
    this.#db = db;
    const lists = new ListReader(db, url, onError);
    this.#lists = lists;
    this.changes = new PostgresChangeRepository(db, lists);
    const consumers = new Consumers(db, this.changes);
    this.users = new PostgresUserRepository(db, lists, clock);
    this.identities = new PostgresIdentityRepository(db, clock);
    this.tasks = new PostgresTaskRepository(db, lists, clock);
    this.tokens = new PostgresTokenRepository(db, lists, clock);
    this.webhooks = new PostgresWebhookRepository(db, lists, clock);
    this.deliveries = new PostgresDeliveryRepository(db, { consumers, lists }, clock);
    this.emails = new PostgresEmailRepository(db, consumers, clock);
    this.idempotencyKeys = new PostgresIdempotencyKeyRepository(db, clock);
  }

  async ping(): Promise<void> {
    await this.#db.query({ text: 'SELECT 1 FROM users LIMIT 1' });
  }

  async close(): Promise<void> {
    await Promise.all([this.users.idle(), this.tasks.idle()]);
    await Promise.all([this.#lists.close(), this.#db.close()]);
  }
}
