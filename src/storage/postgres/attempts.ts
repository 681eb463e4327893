import {
  type Attempt,
  type DeliveryAttemptResult,
  MAX_ATTEMPTS_KEPT,
  type WebhookHealthChange,
} from '../../domain/webhooks.ts';
import { ATTEMPT_COLUMNS, healthChange, toAttempt } from '../sql/webhook-rows.ts';
import type { Queryable } from './database.ts';

/**
 * A response is stored only while the user exists, so this waits for a concurrent deletion of the user. It comes before
 * any attempt is locked, because a deletion locks the user first and the attempts afterwards.
 */
const INSERT = `
  WITH owner AS (SELECT 1 FROM users WHERE user_id = $6 FOR KEY SHARE)
  INSERT INTO webhook_attempts (delivery_id, at, duration_ms, status, error, user_id, response)
  VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6::bigint IS NULL OR EXISTS (SELECT 1 FROM owner) THEN $7 END)`;

/** Adds an attempt of a delivery. The webhook must be locked. Returns how its health changed. */
export async function insertAttempt(
  client: Queryable,
  webhookId: number,
  deliveryId: number,
  { status, error, attempt }: DeliveryAttemptResult,
  now: number,
): Promise<WebhookHealthChange | undefined> {
  if (attempt === null) return undefined;
  const { at, durationMs, userId, response } = attempt;
  const values = [deliveryId, at, durationMs, status, error, userId, response];
  await client.query({ name: 'insert_attempt', text: INSERT, values });
  await client.query({
    name: 'trim_attempts',
    text: `DELETE FROM webhook_attempts WHERE attempt_id IN (SELECT attempt_id FROM webhook_attempts
           WHERE delivery_id = $1 ORDER BY attempt_id DESC OFFSET ${MAX_ATTEMPTS_KEPT})`,
    values: [deliveryId],
  });
  const fails = error !== null;
  const [row] = await client.query({
    name: fails ? 'record_failure' : 'record_success',
    text: `UPDATE webhooks SET failing = $2, ${fails ? 'last_failure_at' : 'last_success_at'} = $3
           FROM (SELECT webhook_id, failing FROM webhooks WHERE webhook_id = $1) AS before
           WHERE webhooks.webhook_id = before.webhook_id RETURNING before.failing`,
    values: [webhookId, fails ? 1 : 0, now],
  });
  return row === undefined ? undefined : healthChange(row[0] === 1, fails);
}

/** The attempts of a delivery, newest last. */
export async function selectAttempts(client: Queryable, deliveryId: number): Promise<Attempt[]> {
  const text = `SELECT ${ATTEMPT_COLUMNS} FROM webhook_attempts WHERE delivery_id = $1 ORDER BY attempt_id`;
  return (await client.query({ name: 'select_attempts', text, values: [deliveryId] })).map(toAttempt);
}

/** Erases the responses that may repeat the user's data. */
export async function eraseResponses(client: Queryable, userId: number): Promise<void> {
  const text = 'UPDATE webhook_attempts SET response = NULL WHERE user_id = $1 AND response IS NOT NULL';
  await client.query({ name: 'erase_responses', text, values: [userId] });
}
