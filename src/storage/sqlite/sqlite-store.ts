import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import type { Store } from '../../domain/store.ts';
import { Poller } from '../../workers/poller.ts';
import { AttemptRows } from './attempts.ts';
import { ChangeRows, SqliteChangeRepository } from './changes.ts';
import { Checkpointer } from './checkpointer.ts';
import { Consumers } from './consumers.ts';
import { openDatabase } from './database.ts';
import { DeliveryRows, SqliteDeliveryRepository } from './deliveries.ts';
import { EmailRows, SqliteEmailRepository } from './emails.ts';
import { translateOpenError } from './errors.ts';
import { IdempotencyKeyRows, SqliteIdempotencyKeyRepository } from './idempotency-keys.ts';
import { IdentityRows, SqliteIdentityRepository } from './identities.ts';
import { ListReader } from './lists.ts';
import { LongListReader } from './long-list-reader.ts';
import { migrate } from './migrate.ts';
import { OpenFiles } from './open-files.ts';
import { PageReader } from './page-reader.ts';
import { prepare, type RowStatement } from './rows.ts';
import { Session } from './session.ts';
import { SqliteTaskRepository, TaskRows } from './tasks.ts';
import { SqliteTokenRepository, TokenRows } from './tokens.ts';
import { type PurgeProgress, UserDeletion } from './user-deletion.ts';
import { SqliteUserRepository, UserRows } from './users.ts';
import { SqliteWebhookRepository, WebhookRows } from './webhooks.ts';
import { WriteQueue, type WriteQueueOptions } from './write-queue.ts';

export interface SqliteStoreOptions extends Partial<WriteQueueOptions> {
  /** Path of the database file. It and its folder are created if they do not exist. */
  file: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Logs that the file was deleted or replaced, and that its WAL has grown large. */
  logger?: Logger | undefined;
  /** The time limit of a long list, in milliseconds. Default: 2000. */
  listTimeout?: number;
}

/** The time between two steps of the purge, so that it does not delay requests. 100,000 tasks take some minutes. */
const PURGE_PAUSE_MS = 12;
/** The time before a failed step is retried. */
const PURGE_RETRY_MS = 1_000;

const WRITE_QUEUE_OPTIONS: WriteQueueOptions = { maxWaiting: 8192, maxGroup: 256, lockTimeoutMs: 5_000 };

/**
 * Opens the file, creates it if there is none, and migrates it to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, if the file cannot be used.
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const db = openDatabase(options.file);
  try {
    migrate(db);
    // From here on SQLite must not wait for a lock: that would block the event loop.
    db.exec('PRAGMA busy_timeout = 0');
    return new SqliteStore(db, options);
  } catch (error) {
    db.close();
    throw translateOpenError(error, options.file);
  }
}

/**
 * The store in one SQLite file. Statements are synchronous and short; writes go through the write queue, long lists
 * through the list thread.
 */
export class SqliteStore implements Store {
  readonly users: SqliteUserRepository;
  readonly identities: SqliteIdentityRepository;
  readonly tasks: SqliteTaskRepository;
  readonly tokens: SqliteTokenRepository;
  readonly webhooks: SqliteWebhookRepository;
  readonly deliveries: SqliteDeliveryRepository;
  readonly emails: SqliteEmailRepository;
  readonly changes: SqliteChangeRepository;
  readonly idempotencyKeys: SqliteIdempotencyKeyRepository;
  readonly #session: Session;
  readonly #files: OpenFiles;
  readonly #writes: WriteQueue;
  readonly #checkpointer: Checkpointer;
  readonly #longLists: LongListReader;
  readonly #purge: Poller;
  readonly #selectOne: RowStatement;

  constructor(db: DatabaseSync, options: SqliteStoreOptions) {
    const { file, logger, clock } = options;
    const files = new OpenFiles(file, logger);
    this.#files = files;
    this.#checkpointer = new Checkpointer(db, file, { logger });
    this.#writes = new WriteQueue(db, {
      ...WRITE_QUEUE_OPTIONS,
      ...options,
      beforeGroup: () => files.checkAgain(),
      afterCommit: () => files.check(),
      // The checkpoint thread opens the file by its path.
      afterGroup: () => {
        if (!files.moved) this.#checkpointer.startIfDue();
      },
    });
    this.#longLists = new LongListReader(file, options.listTimeout);
    const session = new Session(db, { writes: this.#writes, files, clock });
    this.#session = session;

    const changeRows = new ChangeRows(session);
    const identityRows = new IdentityRows(session, changeRows);
    const userRows = new UserRows(session, changeRows, identityRows);
    const taskRows = new TaskRows(session, changeRows);
    const webhookRows = new WebhookRows(session, changeRows);
    const keys = new IdempotencyKeyRows(session);
    const consumers = new Consumers(session, changeRows);
    const attempts = new AttemptRows(session);
    const deliveryRows = new DeliveryRows(session, { changes: changeRows, consumers, webhooks: webhookRows, attempts });
    const lists = new ListReader(session, {
      pages: new PageReader(db),
      longLists: this.#longLists,
      files,
      softDeletedUser: () => userRows.softDeleted(),
    });
    const deletion = new UserDeletion({ users: userRows, tasks: taskRows, changes: changeRows, keys, attempts });
    let progress: PurgeProgress | undefined;
    this.#purge = new Poller({
      name: 'purge of deleted users',
      step: async () => {
        progress = await this.#writes.run(() => deletion.purge(progress));
        return progress !== undefined;
      },
      initialDelayMs: PURGE_PAUSE_MS,
      pauseMs: PURGE_PAUSE_MS,
      retryMs: PURGE_RETRY_MS,
      logger,
    });
    const deleteUser: UserDeletion['delete'] = (userId, options) => deletion.delete(userId, options);
    const startPurge = () => this.#purge.start();

    this.users = new SqliteUserRepository(session, { rows: userRows, lists, keys, deleteUser, startPurge });
    this.identities = new SqliteIdentityRepository(session, identityRows);
    this.tasks = new SqliteTaskRepository(session, { rows: taskRows, lists, keys });
    this.tokens = new SqliteTokenRepository(session, { rows: new TokenRows(session, changeRows), lists, keys });
    this.webhooks = new SqliteWebhookRepository(session, { rows: webhookRows, lists, keys });
    this.deliveries = new SqliteDeliveryRepository(session, { rows: deliveryRows, lists });
    this.emails = new SqliteEmailRepository(session, new EmailRows(session, consumers));
    this.changes = new SqliteChangeRepository(session, { rows: changeRows, lists });
    this.idempotencyKeys = new SqliteIdempotencyKeyRepository(session, keys);
    // Reads a page of the file: a plain SELECT 1 would not detect a damaged file.
    this.#selectOne = prepare(db, 'SELECT 1 FROM users LIMIT 1');
    // A process that stopped earlier may have left data to purge.
    if (userRows.softDeleted() !== undefined) startPurge();
  }

  ping(): Promise<void> {
    return this.#session.read(() => {
      this.#files.check();
      this.#selectOne.get();
    });
  }

  async close(): Promise<void> {
    await this.#purge.stop();
    await this.#writes.idle();
    await Promise.all([this.#checkpointer.close(), this.#longLists.close()]);
    // Afterwards the database file is complete without the WAL.
    this.#session.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#session.db.close();
  }
}
