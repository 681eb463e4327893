import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import manifest from '../../package.json' with { type: 'json' };
import type { Backlog, BackupStatus, DatabaseStatus } from '../domain/status.ts';
import type { Store } from '../domain/store.ts';
import { formatInstant } from '../formats/date-time.ts';
import { sendTaggedBody } from '../http/resource/etag.ts';
import { getStatus } from './operations.ts';
import type { Load, RecentLoad } from './recent-load.ts';
import { StatusSchema } from './status-schema.ts';

export interface StatusRoutesOptions {
  store: Store;
  load: RecentLoad;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/** `/status`, for administrators. */
export const statusRoutes: FastifyPluginAsyncTypebox<StatusRoutesOptions> = async (app, { store, load, clock }) => {
  const startedAt = formatInstant(Math.round(performance.timeOrigin));

  app.get(
    '/status',
    { config: { scope: 'admin' }, schema: { ...getStatus, response: { 200: StatusSchema } } },
    async (request, reply) => {
      const { backlog, ...database } = await store.status();
      return sendTaggedBody(request, reply, {
        version: manifest.version,
        database: toDatabaseBody(database),
        queues: toQueuesBody(backlog, clock()),
        ...(backlog.backups !== null && { backups: toBackupsBody(backlog.backups) }),
        process: {
          ...{ startedAt, nodeVersion: process.versions.node, memoryBytes: process.memoryUsage.rss() },
          load: load.intervals().map(toLoadBody),
        },
      });
    },
  );
};

function toDatabaseBody({ engine, version, sizeBytes, disk }: Omit<DatabaseStatus, 'backlog'>) {
  const space = disk !== null && { diskFreeBytes: disk.freeBytes, diskTotalBytes: disk.totalBytes };
  return { engine, version, sizeBytes, ...space };
}

/** What is scheduled for later is not due. */
function toQueuesBody(backlog: Backlog, now: number) {
  const due = (since: number | null) => since !== null && since <= now && { dueSince: formatInstant(since) };
  return {
    emails: { pending: backlog.emails, ...due(backlog.emailsDueSince) },
    deliveries: { pending: backlog.deliveries, ...due(backlog.deliveriesDueSince) },
    reminders: { ...due(backlog.remindersDueSince) },
  };
}

function toBackupsBody({ since, succeededAt, failures }: BackupStatus) {
  return {
    scheduledSince: formatInstant(since),
    ...(succeededAt !== null && { lastSuccessAt: formatInstant(succeededAt) }),
    failures,
  };
}

function toLoadBody({ at, requests, errors, median, p99, eventLoopDelay }: Load) {
  const toMs = (seconds: number) => Math.round(seconds * 100_000) / 100;
  return {
    ...{ at: formatInstant(at), requests, errors },
    ...(median !== undefined && { medianMs: toMs(median) }),
    ...(p99 !== undefined && { p99Ms: toMs(p99) }),
    eventLoopDelayMs: toMs(eventLoopDelay),
  };
}
