import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import type { Store } from '../../domain/store.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { CommitSpans } from '../../tracing/commit-spans.ts';
import type { Span, Tracing } from '../../tracing/tracing.ts';
import { Poller } from '../../workers/poller.ts';
import { CallerSlots } from '../sql/caller-slots.ts';
import { BacklogReader } from './backlog.ts';
import { BatchWriter } from './batch-writer.ts';
import { Checkpointer } from './checkpointer.ts';
import { openDatabase, openReader, secureContents } from './database.ts';
import { translateOpenError } from './errors.ts';
import { ListReader } from './lists.ts';
import { LogSync } from './log-sync.ts';
import { LongListReader } from './long-list-reader.ts';
import { addMeasures } from './measures.ts';
import { checkVersion, migrate } from './migrate.ts';
import { OpenFiles } from './open-files.ts';
import * as repositories from './repositories.ts';
import { prepare } from './rows.ts';
import { Session } from './session.ts';
import { prepareSharedRows } from './shared-rows.ts';
import { type OnBoth, onBoth, Snapshots } from './snapshots.ts';
import { readSpace } from './space.ts';
import { StreamReader } from './stream-reader.ts';
import { type PurgeProgress, UserDeletion } from './user-deletion.ts';
import { WriteQueue } from './write-queue.ts';
import type { QueuedWrite, WriteQueueSettings } from './write-queue-options.ts';

export interface SqliteStoreOptions extends Partial<WriteQueueSettings> {
  /** Path of the database file. It and its folder are created if they do not exist. */
  file: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Logs that the file was deleted or replaced, and that its WAL has grown large. */
  logger?: Logger | undefined;
  /**
   * Called once, when the write-ahead log could not be synced. From then on every request is rejected. The process must be
   * stopped without closing the store, which would copy pages that are not on disk.
   */
  onSyncFailure?: (error: Error) => void;
  /** Records the work of the database. */
  metrics?: Metrics | undefined;
  /** Records the group commits. */
  tracing?: Tracing | undefined;
  /** Whether to prepare for many writes, so that the first one does not wait for a thread to start. Default: false. */
  manyWrites?: boolean;
  /** The time limit of a long list, in milliseconds. Default: 2000. */
  listTimeout?: number;
  /** The time limit of a chunk of a streamed list, in milliseconds. Default: 60,000. */
  streamTimeoutMs?: number;
}

/** The time between two steps of the purge, so that it does not delay requests. 100,000 tasks take some minutes. */
const PURGE_PAUSE_MS = 12;
/** The time before a failed step is retried. */
const PURGE_RETRY_MS = 1_000;

const WRITE_QUEUE_SETTINGS: WriteQueueSettings = {
  maxWaiting: 8192,
  maxGroup: 256,
  lockTimeoutMs: 5_000,
  timeoutMs: 5_000,
};

/**
 * Opens the file, creates it if there is none, and migrates it to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, if the file cannot be used.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const writing = openDatabase(options.file, checkVersion);
  let reading: DatabaseSync | undefined;
  try {
    migrate(writing);
    secureContents(writing);
    // From here on SQLite must not wait, neither for a lock nor for the disk: that would block the event loop.
    writing.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = NORMAL');
    reading = openReader(options.file);
    return createStore({ writing, reading }, options);
  } catch (error) {
    reading?.close();
    writing.close();
    throw translateOpenError(error, options.file);
  }
}

type Repositories = { [Name in keyof typeof repositories]: InstanceType<(typeof repositories)[Name]> };

/**
 * The store in one SQLite file. Statements are synchronous and short; writes go through the write queue, long lists
 * through the list thread, and batches through the batch thread.
 */
function createStore(databases: OnBoth<DatabaseSync>, options: SqliteStoreOptions): Store {
  const { file, logger, clock, metrics, tracing } = options;
  const measures = metrics && addMeasures(metrics);
  const files = new OpenFiles(file, logger);
  // Before the log is synced, so that everything that they show at first is on disk.
  const snapshots = new Snapshots(databases);
  const sync = new LogSync(files.log, options.onSyncFailure ?? (() => {}), measures?.sync);
  if (options.manyWrites) sync.start();
  const settings = { ...WRITE_QUEUE_SETTINGS, ...options };
  const commits = tracing && new CommitSpans(tracing, 'sqlite');
  let commitSpan: Span | undefined;
  const writes: WriteQueue = new WriteQueue(databases.writing, {
    ...settings,
    currentSpan: commits && (() => commits.current()),
    onGroup: (group) => {
      commitSpan = commits?.start(group);
      measures?.groupSize.observe(group.length);
      measures?.groupWait.observe((performance.now() - (group[0] as QueuedWrite).since) / 1000);
    },
    sync: () => syncSnapshot(sync, snapshots),
    beforeGroup: () => {
      files.checkAgain();
      // After a failed checkpoint, too: nothing is committed anymore.
      sync.checkFailure();
      snapshots.endTurn();
      return checkpointer.beforeTransaction();
    },
    afterBegin: () => {
      snapshots.refresh();
      if (!snapshots.onDisk && checkpointer.isRestarted()) return true;
      snapshots.hold();
      return false;
    },
    afterSync: () => files.check(),
    afterGroup: () => {
      snapshots.release();
      commitSpan?.end();
    },
  });
  const checkpointer = new Checkpointer(databases, file, {
    logger,
    durations: measures?.checkpoint,
    pause: async () => {
      await Promise.all([writes.pause(), batches.pause()]);
    },
    resume: () => {
      writes.resume();
      batches.resume();
    },
    onSyncFailure: (reason) => sync.fail(reason),
  });
  const slots = new CallerSlots();
  const longLists = new LongListReader(file, { slots, timeout: options.listTimeout });
  const streams = new StreamReader(file, { slots, timeoutMs: options.streamTimeoutMs });
  const { timeoutMs } = settings;
  const batches: BatchWriter = new BatchWriter({ file, writes, files, sync, clock, timeoutMs });
  const connections = onBoth((name) => ({ db: databases[name], clock }));
  const session = new Session(connections, { writes, snapshots, sync, files, timeoutMs });

  const rows = onBoth((name) => prepareSharedRows(connections[name]));
  const { keys, userRows, taskRows, changes, attempts } = rows.writing;
  const lists = new ListReader(session, { pages: onBoth((name) => rows[name].pages), longLists, streams, files });
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
    changes: onBoth((name) => rows[name].changes),
    consumers: onBoth((name) => rows[name].consumers),
    identityRows: onBoth((name) => rows[name].identityRows),
    taskRows: onBoth((name) => rows[name].taskRows),
    userRows: onBoth((name) => rows[name].userRows),
    webhookRows: onBoth((name) => rows[name].webhookRows),
    ...{ rows, keys, lists, batches, deleteUser, startPurge },
  };
  const entries = Object.entries(repositories).map(([name, Repository]) => [name, new Repository(session, shared)]);
  const created: Repositories = Object.fromEntries(entries);
  // Reads a page of the file: a plain SELECT 1 would not detect a damaged file.
  const selectOne = onBoth((name) => prepare(databases[name], 'SELECT 1 FROM users LIMIT 1'));
  /** Throws if the database cannot be used, although it can be read. */
  const checkFiles = () => {
    files.check();
    writes.checkProgress();
  };
  const backlog = onBoth((name) => new BacklogReader(connections[name], rows[name].changes));
  const readBacklog = async () => {
    checkFiles();
    return session.read(backlog, (reader) => reader.read());
  };
  if (metrics !== undefined) {
    metrics.addGauge('task_api_wal_bytes', 'Length of the write-ahead log', () => checkpointer.walBytes, 'max');
    metrics.addBacklog(readBacklog, clock);
  }
  // A process that stopped earlier may have left data to purge.
  if (userRows.softDeleted() !== undefined) startPurge();

  return {
    ...created,

    async ping() {
      checkFiles();
      await session.read(selectOne, (statement) => statement.get());
    },

    async status() {
      const [backlog, space] = await Promise.all([readBacklog(), readSpace(file)]);
      return { engine: 'sqlite', version: process.versions.sqlite as string, ...space, backlog };
    },

    async close() {
      await purge.stop();
      await batches.close();
      await writes.idle();
      await Promise.all([checkpointer.close(), longLists.close(), streams.close(), sync.close()]);
      // SQLite copies the log when the last connection is closed. The next start does so if it is valid.
      if (sync.failed) return;
      snapshots.endTurn();
      const { writing, reading } = databases;
      reading.close();
      // Afterwards the database file is complete without the WAL.
      writing.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)');
      writing.close();
    },
  };
}

/** Syncs the log, and reports to the snapshots what is on disk then. */
function syncSnapshot(sync: LogSync, snapshots: Snapshots): Promise<void> | undefined {
  const { version } = snapshots;
  const running = sync.sync();
  if (running === undefined) snapshots.synced(version);
  return running?.then(() => snapshots.synced(version));
}
