import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import type { Store } from '../../domain/store.ts';
import { Poller } from '../../workers/poller.ts';
import { AttemptRows } from './attempts.ts';
import { ChangeRows } from './changes.ts';
import { Checkpointer } from './checkpointer.ts';
import { Consumers } from './consumers.ts';
import { openDatabase } from './database.ts';
import { translateOpenError } from './errors.ts';
import { IdempotencyKeyRows } from './idempotency-keys.ts';
import { IdentityRows } from './identities.ts';
import { ListReader } from './lists.ts';
import { LongListReader } from './long-list-reader.ts';
import { migrate } from './migrate.ts';
import { OpenFiles } from './open-files.ts';
import { PageReader } from './page-reader.ts';
import * as repositories from './repositories.ts';
import { prepare } from './rows.ts';
import { Session } from './session.ts';
import { TaskRows } from './tasks.ts';
import { type PurgeProgress, UserDeletion } from './user-deletion.ts';
import { UserRows } from './users.ts';
import { WebhookRows } from './webhooks.ts';
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
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const db = openDatabase(options.file);
  try {
    migrate(db);
    // From here on SQLite must not wait for a lock: that would block the event loop.
    db.exec('PRAGMA busy_timeout = 0');
    return createStore(db, options);
  } catch (error) {
    db.close();
    throw translateOpenError(error, options.file);
  }
}

type Repositories = { [Name in keyof typeof repositories]: InstanceType<(typeof repositories)[Name]> };

/**
 * The store in one SQLite file. Statements are synchronous and short; writes go through the write queue, long lists
 * through the list thread.
 */
function createStore(db: DatabaseSync, options: SqliteStoreOptions): Store {
  const { file, logger, clock } = options;
  const files = new OpenFiles(file, logger);
  const checkpointer = new Checkpointer(db, file, { logger });
  const writes = new WriteQueue(db, {
    ...WRITE_QUEUE_OPTIONS,
    ...options,
    beforeGroup: () => files.checkAgain(),
    afterCommit: () => files.check(),
    // The checkpoint thread opens the file by its path.
    afterGroup: () => {
      if (!files.moved) checkpointer.startIfDue();
    },
  });
  const longLists = new LongListReader(file, options.listTimeout);
  const session = new Session(db, { writes, files, clock });

  const changes = new ChangeRows(session);
  const identityRows = new IdentityRows(session, changes);
  const userRows = new UserRows(session, changes, identityRows);
  const taskRows = new TaskRows(session, changes);
  const webhookRows = new WebhookRows(session, changes);
  const keys = new IdempotencyKeyRows(session);
  const consumers = new Consumers(session, changes);
  const attempts = new AttemptRows(session);
  const lists = new ListReader(session, {
    pages: new PageReader(db),
    longLists,
    files,
    softDeletedUser: () => userRows.softDeleted(),
  });
  const deletion = new UserDeletion({ users: userRows, tasks: taskRows, changes, keys, attempts });
  let progress: PurgeProgress | undefined;
  const purge = new Poller({
    name: 'purge of deleted users',
    step: async () => {
      progress = await writes.run(() => deletion.purge(progress));
      return progress !== undefined;
    },
    initialDelayMs: PURGE_PAUSE_MS,
    pauseMs: PURGE_PAUSE_MS,
    retryMs: PURGE_RETRY_MS,
    logger,
  });
  const deleteUser: UserDeletion['delete'] = (userId, options) => deletion.delete(userId, options);
  const startPurge = () => purge.start();

  const shared = {
    ...{ changes, identityRows, userRows, taskRows, webhookRows, keys, consumers, attempts, lists },
    ...{ deleteUser, startPurge },
  };
  const entries = Object.entries(repositories).map(([name, Repository]) => [name, new Repository(session, shared)]);
  const created: Repositories = Object.fromEntries(entries);
  // Reads a page of the file: a plain SELECT 1 would not detect a damaged file.
  const selectOne = prepare(db, 'SELECT 1 FROM users LIMIT 1');
  // A process that stopped earlier may have left data to purge.
  if (userRows.softDeleted() !== undefined) startPurge();

  return {
    ...created,

    ping: () =>
      session.read(() => {
        files.check();
        selectOne.get();
      }),

    async close() {
      await purge.stop();
      await writes.idle();
      await Promise.all([checkpointer.close(), longLists.close()]);
      // Afterwards the database file is complete without the WAL.
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
    },
  };
}
