import {
  type Attempt,
  type DeliveryAttemptResult,
  MAX_ATTEMPTS_KEPT,
  type WebhookHealthChange,
} from '../../domain/webhooks.ts';
import { ATTEMPT_COLUMNS, healthChange, toAttempt } from '../sql/webhook-rows.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection } from './session.ts';
import { isDeletedUser } from './visibility.ts';

/** The columns of an attempt, without a response to the data of a soft-deleted user. */
const VISIBLE_ATTEMPT = ATTEMPT_COLUMNS.replace(
  'response',
  `CASE WHEN ${isDeletedUser('webhook_attempts.user_id')} THEN NULL ELSE response END`,
);

/** The rows of attempts, and the health of webhooks. Call what writes in a transaction. */
export class AttemptRows {
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #trim: RowStatement;
  readonly #select: RowStatement;
  readonly #selectFailing: RowStatement;
  readonly #recordSuccess: RowStatement;
  readonly #recordFailure: RowStatement;
  readonly #selectOfUser: RowStatement;
  readonly #erase: RowStatement;

  constructor({ db, clock }: Connection) {
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO webhook_attempts (delivery_id, at, duration_ms, status, error, user_id, response)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?6 IS NULL
         OR EXISTS (SELECT 1 FROM users WHERE user_id = ?6 AND deleted = 0) THEN ?7 END)`,
    );
    this.#trim = prepare(
      db,
      `DELETE FROM webhook_attempts WHERE attempt_id IN (SELECT attempt_id FROM webhook_attempts
       WHERE delivery_id = ? ORDER BY attempt_id DESC LIMIT -1 OFFSET ${MAX_ATTEMPTS_KEPT})`,
    );
    this.#select = prepare(
      db,
      `SELECT ${VISIBLE_ATTEMPT} FROM webhook_attempts WHERE delivery_id = ? ORDER BY attempt_id`,
    );
    this.#selectFailing = prepare(db, 'SELECT failing FROM webhooks WHERE webhook_id = ?');
    this.#recordSuccess = prepare(db, 'UPDATE webhooks SET failing = 0, last_success_at = ? WHERE webhook_id = ?');
    this.#recordFailure = prepare(db, 'UPDATE webhooks SET failing = 1, last_failure_at = ? WHERE webhook_id = ?');
    const ofUser = 'SELECT attempt_id FROM webhook_attempts WHERE user_id = ? AND response IS NOT NULL LIMIT ?';
    this.#selectOfUser = prepare(db, ofUser);
    this.#erase = prepare(db, `UPDATE webhook_attempts SET response = NULL WHERE attempt_id IN (${ofUser})`);
  }

  /** Adds an attempt of a delivery. Returns how the webhook's health changed. */
  insert(webhookId: number, deliveryId: number, result: DeliveryAttemptResult): WebhookHealthChange | undefined {
    const { status, error, attempt } = result;
    if (attempt === null) return undefined;
    const { at, durationMs, userId, response } = attempt;
    this.#insert.run(deliveryId, at, durationMs, status, error, userId, response);
    this.#trim.run(deliveryId);
    const row = this.#selectFailing.get(webhookId);
    if (row === undefined) return undefined;
    const fails = error !== null;
    (fails ? this.#recordFailure : this.#recordSuccess).run(this.#clock(), webhookId);
    return healthChange(row[0] === 1, fails);
  }

  /** The attempts of a delivery, newest last. */
  list(deliveryId: number): Attempt[] {
    return this.#select.all(deliveryId).map(toAttempt);
  }

  /** Whether more than `count` responses repeat the user's data. */
  hasMoreOf(userId: number, count: number): boolean {
    return this.#selectOfUser.all(userId, count + 1).length > count;
  }

  /** Erases some responses that may repeat the user's data. False if there was none. */
  eraseSomeOf(userId: number, count: number): boolean {
    return Number(this.#erase.run(userId, count).changes) > 0;
  }
}
