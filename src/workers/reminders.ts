import type { Logger } from 'pino';
import type { Store } from '../domain/store.ts';
import type { ReminderBatch } from '../domain/tasks.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Poller } from './poller.ts';

const POLL_INTERVAL_MS = 1_000;

export interface RemindersOptions {
  store: Pick<Store, 'tasks'>;
  logger: Pick<Logger, 'info' | 'warn'>;
  /** Counts the reminders. */
  metrics?: Pick<Metrics, 'remindersRecorded' | 'remindersLate' | 'remindersDropped'> | undefined;
}

/** Records reminders when they are due. Several processes can do this on one database. */
export class Reminders {
  readonly #options: RemindersOptions;
  readonly #poller: Poller;

  constructor(options: RemindersOptions) {
    this.#options = options;
    this.#poller = new Poller({
      name: 'reminders',
      step: async (signal) => {
        await this.runOnce(signal);
        return false;
      },
      intervalMs: POLL_INTERVAL_MS,
      retryMs: POLL_INTERVAL_MS,
      logger: options.logger,
    });
  }

  /** Starts with the reminders that were missed, and polls every second afterwards. */
  start(): void {
    this.#poller.start();
  }

  /** Fulfilled when the batch in flight is recorded. */
  stop(): Promise<void> {
    return this.#poller.stop();
  }

  /** Records all reminders that are due now. */
  async runOnce(signal?: AbortSignal): Promise<void> {
    const { store, logger, metrics } = this.#options;
    const total = { reminded: 0, late: 0, dropped: 0 };
    try {
      for (let more = true; more && !signal?.aborted; ) {
        const batch = await store.tasks.recordReminders();
        add(total, batch);
        metrics?.remindersRecorded.inc(batch.reminded);
        metrics?.remindersLate.inc(batch.late);
        metrics?.remindersDropped.inc(batch.dropped);
        more = batch.more;
      }
    } finally {
      if (total.dropped > 0) logger.warn(total, 'reminders dropped: more than a day late');
      else if (total.late > 0) logger.info(total, 'reminders recorded late');
    }
  }
}

function add(total: Omit<ReminderBatch, 'more'>, { reminded, late, dropped }: ReminderBatch): void {
  total.reminded += reminded;
  total.late += late;
  total.dropped += dropped;
}
