import type { Logger } from 'pino';
import type { Store } from '../domain/store.ts';
import { Poller } from './poller.ts';

const POLL_INTERVAL_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface RetentionOptions {
  store: Pick<Store, 'changes' | 'deliveries' | 'emails' | 'idempotencyKeys' | 'webhooks'>;
  /** How long the change log and the deliveries of its events are kept, in days. */
  changesKeptDays: number;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** Returns a poller that prunes data older than its retention time, every minute. */
export function createRetentionJob({ store, changesKeptDays, clock, logger }: RetentionOptions): Poller {
  const step = async (signal: AbortSignal): Promise<boolean> => {
    const before = clock() - changesKeptDays * DAY_MS;
    const prunes = [
      () => store.idempotencyKeys.prune(),
      () => store.emails.prune(),
      () => store.deliveries.prune(before),
      () => store.changes.prune(before, signal),
    ];
    await store.webhooks.pruneSecrets();
    for (const prune of prunes) while (!signal.aborted && (await prune()));
    return false;
  };
  return new Poller({
    name: 'retention job',
    step,
    // A process that starts has more urgent work.
    initialDelayMs: POLL_INTERVAL_MS,
    intervalMs: POLL_INTERVAL_MS,
    retryMs: POLL_INTERVAL_MS,
    logger,
  });
}
