import { Gauge, type Registry } from '@prometheus-io/client';
import type { Backlog } from '../domain/status.ts';

/**
 * Adds the gauges of what waits in the database. All workers read the same database, so the highest of their values is
 * reported. While the database is unavailable, the values are `NaN`, so that the other metrics can still be read.
 *
 * @param read reads the database, once for each scrape.
 */
export function addBacklogGauges(registry: Registry, read: () => Promise<Backlog>, clock: () => number): void {
  let reading: Promise<Backlog | undefined> | undefined;
  // A scrape reads all gauges at once.
  const shared = () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const delay = (since: number | null) => (since === null ? 0 : Math.max(0, clock() - since) / 1000);
  const add = (name: string, help: string, value: (backlog: Backlog) => number) => {
    new Gauge({
      ...{ name, help, aggregator: 'max', registers: [registry] },
      async collect() {
        const backlog = await shared();
        this.set(backlog === undefined ? Number.NaN : value(backlog));
      },
    });
  };
  add('task_api_emails_pending', 'Emails that wait to be sent', ({ emails }) => emails);
  add('task_api_emails_delay_seconds', 'Since when the first email is due', (backlog) => delay(backlog.emailsDueSince));
  add('task_api_webhook_deliveries_pending', 'Deliveries that wait to be sent', ({ deliveries }) => deliveries);
  add('task_api_webhook_deliveries_delay_seconds', 'Since when the first delivery is due', (backlog) =>
    delay(backlog.deliveriesDueSince),
  );
  add('task_api_reminders_delay_seconds', 'Since when the first reminder is due', (backlog) =>
    delay(backlog.remindersDueSince),
  );
  add('task_api_backup_age_seconds', 'Time since the last scheduled backup', ({ backups }) =>
    backups === null ? Number.NaN : delay(backups.succeededAt ?? backups.since),
  );
  new Gauge({
    name: 'task_api_database_up',
    help: 'Whether the database can be used: 1, or 0',
    // 0 if one of the workers cannot use it.
    ...{ aggregator: 'min', registers: [registry] },
    async collect() {
      this.set((await shared()) === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: 'task_api_consumer_lag',
    help: 'Sequence numbers of the change log that a consumer has not processed',
    ...{ labelNames: ['consumer'], aggregator: 'max', registers: [registry] },
    async collect() {
      const backlog = await shared();
      this.reset();
      for (const [consumer, lag] of Object.entries(backlog?.lags ?? {})) this.set({ consumer }, lag);
    },
  });
}
