import type { Logger } from 'pino';
import type { Store } from '../domain/store.ts';

/** In milliseconds. */
const INTERVAL = 60_000;
const DAY = 24 * 60 * 60 * 1000;

export interface HousekeepingOptions {
  store: Pick<
    Store,
    'forgetOldKeys' | 'forgetOldMails' | 'pruneWebhookSecrets' | 'removeOldChanges' | 'removeOldDeliveries'
  >;
  /** For how many days entries of the change log are kept, and the deliveries of events. */
  changesKeptDays: number;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'warn'>;
}

/** Removes, every minute, what need not be kept any longer. Returns what ends that. */
export function keepHouse({ store, changesKeptDays, clock, logger }: HousekeepingOptions): () => void {
  let ended = false;
  const timer = setInterval(() => {
    clean().catch((err) => logger.warn({ err }, 'what is too old is not removed: later again'));
  }, INTERVAL);
  return () => {
    ended = true;
    clearInterval(timer);
  };

  async function clean(): Promise<void> {
    while (!ended && (await store.forgetOldKeys()));
    while (!ended && (await store.forgetOldMails()));
    await store.pruneWebhookSecrets();
    const before = clock() - changesKeptDays * DAY;
    while (!ended && (await store.removeOldDeliveries(before)));
    while (!ended && (await store.removeOldChanges(before)));
  }
}
