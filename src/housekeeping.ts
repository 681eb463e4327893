import type { Logger } from 'pino';
import type { Store } from './storage/store.ts';

/** In milliseconds. */
const INTERVAL = 60_000;

/** Forgets, every minute, what need not be kept any longer. Returns what ends that. */
export function keepHouse(store: Pick<Store, 'forgetOldKeys'>, logger: Pick<Logger, 'warn'>): () => void {
  let ended = false;
  const timer = setInterval(() => {
    forget().catch((error) => logger.warn({ err: error }, 'old idempotency keys are not forgotten: later again'));
  }, INTERVAL);
  return () => {
    ended = true;
    clearInterval(timer);
  };

  async function forget(): Promise<void> {
    while (!ended && (await store.forgetOldKeys()));
  }
}
