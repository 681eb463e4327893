import type { Logger } from 'pino';
import type { Store } from '../../domain/store.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { CommitSpans } from '../../tracing/commit-spans.ts';
import type { Tracing } from '../../tracing/tracing.ts';
import { BACKLOG, CONSUMER_OFFSETS, toBacklog } from '../sql/backlog-rows.ts';
import { CallerSlots } from '../sql/caller-slots.ts';
import { PostgresChangeRepository } from './changes.ts';
import { Consumers } from './consumers.ts';
import { Database } from './database.ts';
import { ListReader } from './lists.ts';
import { LogPosition } from './log-position.ts';
import { migrate } from './migrate.ts';
import { inspectConnection } from './pooler.ts';
import { Primary } from './primary.ts';
import { addReplicaMetrics } from './replica-metrics.ts';
import { type HighWaterMark, Replicas } from './replicas.ts';
import { ReplicatedLists } from './replicated-lists.ts';
import * as repositories from './repositories.ts';

export interface PostgresStoreOptions {
  /** Such as `postgres://user:password@host:port/database`; with several hosts, a failover is followed. */
  url: string;
  /** Whether the URL leads to a pooler, such as PgBouncer. Default: false. */
  pooled?: boolean | undefined;
  /** The URLs of replicas, and how far they may be behind, in milliseconds. */
  replicas?: { urls: readonly string[]; maxLagMs: number } | undefined;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Called with the error of an idle connection that failed. */
  onError: (error: Error) => void;
  /** Receives which host is used after a failover, and which replicas cannot be used. */
  logger?: Pick<Logger, 'info' | 'warn'> | undefined;
  /** Milliseconds of a clock that is never set, for the age of data. */
  now?: () => number;
  /** Records the work of the database. */
  metrics?: Metrics | undefined;
  /** Records the batches of creations. */
  tracing?: Tracing | undefined;
}

interface OpenOptions extends Omit<PostgresStoreOptions, 'pooled'> {
  /** The same database without a pooler in between, for migrations; undefined for `url`. */
  directUrl?: string | undefined;
}

/**
 * Connects, and migrates the database to the newest version. Finds out whether there is a pooler in between.
 *
 * @throws StoreUnusable, with a message for the operator, if the database cannot be reached or used.
 */
export async function openPostgresStore({ directUrl, ...options }: OpenOptions): Promise<Store> {
  let { pooled } = await migrate(directUrl ?? options.url);
  if (directUrl !== undefined) ({ pooled } = await inspectConnection(options.url));
  return createPostgresStore({ ...options, pooled });
}

type Repositories = { [Name in keyof typeof repositories]: InstanceType<(typeof repositories)[Name]> };

/** The store in a PostgreSQL database at the newest version, which any number of processes can share. */
export function createPostgresStore(options: PostgresStoreOptions): Store {
  const { url, pooled = false, clock, onError, logger, metrics, tracing } = options;
  const primary = new Primary(url, logger);
  const log = options.replicas && new LogPosition();
  const db = new Database(primary, onError, { pooled, log });
  const slots = new CallerSlots();
  const reader = new ListReader(db, primary, onError, slots);
  const replicas = log && createReplicas(options, primary, log, slots, () => changes.findHighWaterMark());
  const lists = replicas === undefined ? reader : new ReplicatedLists(reader, replicas);
  const changes = new PostgresChangeRepository(db, lists, clock, replicas);
  const commits = tracing && new CommitSpans(tracing, 'postgresql');
  const shared = { lists, clock, commits, consumers: new Consumers(db, changes) };
  const entries = Object.entries(repositories).map(([name, Repository]) => [name, new Repository(db, shared)]);
  const created: Repositories = Object.fromEntries(entries);

  const readBacklog = async () => {
    const [[row = []], consumers, newest] = await Promise.all([
      db.query({ name: 'backlog', text: BACKLOG }),
      db.query({ name: 'consumer_offsets', text: CONSUMER_OFFSETS }),
      changes.newest(),
    ]);
    return toBacklog(row, consumers, newest);
  };
  if (metrics !== undefined) {
    addConnections(metrics, db);
    metrics.addBacklog(readBacklog, clock);
  }
  if (metrics !== undefined && replicas !== undefined) addReplicaMetrics(metrics, replicas);

  return {
    ...created,
    changes,
    ...(log !== undefined && { position: () => log.newest }),

    async ping() {
      await db.query({ text: 'SELECT 1 FROM users LIMIT 1' });
    },

    async status() {
      const text = `SELECT current_setting('server_version'), pg_database_size(current_database())`;
      const [backlog, [row]] = await Promise.all([readBacklog(), db.query({ name: 'server_status', text })]);
      const [version, sizeBytes] = row as [string, number];
      return { engine: 'postgres', version, sizeBytes, disk: null, backlog };
    },

    async close() {
      await Promise.all([created.users.idle(), created.tasks.idle()]);
      await replicas?.close();
      await Promise.all([reader.close(), db.close()]);
      await primary.close();
    },
  };
}

function createReplicas(
  { pooled = false, replicas, onError, logger, now = () => performance.now() }: PostgresStoreOptions,
  server: Primary,
  log: LogPosition,
  slots: CallerSlots,
  findHighWaterMark: () => Promise<HighWaterMark>,
): Replicas {
  const primary = new Database(server, onError, { pooled, maxConnections: 1 });
  const { urls, maxLagMs } = replicas as NonNullable<typeof replicas>;
  return new Replicas({ urls, maxLagMs, primary, log, now, onError, logger, slots }, findHighWaterMark);
}

function addConnections(metrics: Metrics, db: Database): void {
  metrics.addGauge('task_api_postgres_connections', 'Connections of the pool', () => db.connections.total);
  metrics.addGauge('task_api_postgres_connections_idle', 'Connections that are not in use', () => db.connections.idle);
  metrics.addGauge('task_api_postgres_waiting', 'Statements that wait for a connection', () => db.connections.waiting);
}
