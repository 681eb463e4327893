import type { Backlog } from '../../domain/status.ts';
import { WEBHOOK_CONSUMER } from './webhook-rows.ts';

/** The maximum number of rows that one count reads, so that it stays short however long the queue is. */
const MAX_COUNTED = 10_000;

/**
 * Each part reads a partial index of what waits. A disabled webhook waits on purpose. Reminders are in microseconds, which a
 * JavaScript number cannot represent for the year 9999.
 */
export const BACKLOG = `SELECT
  (SELECT count(*) FROM (SELECT 1 FROM emails WHERE state = 'pending' LIMIT ${MAX_COUNTED}) AS counted),
  (SELECT min(next_attempt_at) FROM emails WHERE state = 'pending'),
  (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE state = 'pending' LIMIT ${MAX_COUNTED}) AS counted),
  (SELECT min(next_attempt_at) FROM (
    SELECT next_attempt_at FROM webhook_deliveries JOIN webhooks USING (webhook_id)
    WHERE enabled = 1 AND next_attempt_at IS NOT NULL LIMIT ${MAX_COUNTED}
  ) AS due),
  (SELECT min(remind_at) / 1000 FROM tasks WHERE remind_at IS NOT NULL),
  (SELECT since FROM backup_schedule),
  (SELECT succeeded_at FROM backup_schedule),
  (SELECT failures FROM backup_schedule)`;

/** Without webhooks, the consumer of their events does not read the change log. */
export const CONSUMER_OFFSETS = `SELECT name, last_sequence FROM consumers
  WHERE name <> '${WEBHOOK_CONSUMER}' OR EXISTS (SELECT 1 FROM webhooks)`;

/**
 * @param row of {@link BACKLOG}.
 * @param consumers of {@link CONSUMER_OFFSETS}.
 * @param newest the sequence number of the newest entry in the change log.
 */
export function toBacklog(row: unknown[], consumers: unknown[][], newest: number): Backlog {
  const [emails, emailsDueSince, deliveries, deliveriesDueSince, remindAt, since, succeededAt, failures] =
    row as number[];
  return {
    emails: emails as number,
    emailsDueSince: emailsDueSince ?? null,
    deliveries: deliveries as number,
    deliveriesDueSince: deliveriesDueSince ?? null,
    remindersDueSince: remindAt ?? null,
    backups: since == null ? null : { since, succeededAt: succeededAt ?? null, failures: failures ?? 0 },
    lags: Object.fromEntries(consumers.map(([name, offset]) => [name, Math.max(0, newest - (offset as number))])),
  };
}
