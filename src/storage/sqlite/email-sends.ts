import { type EmailSend, MAX_CONFIRMATIONS_PER_DAY, MAX_REMINDERS_PER_TASK_HOUR } from '../../domain/emails.ts';
import { DAY_MS, HOUR_MS, hashAddress, maxPerAddressDay, SENDS_PRUNED_PER_BATCH } from '../sql/email-limits.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection } from './session.ts';

/** The emails that were sent within the last day. Call what writes in a transaction. */
export class EmailSendRows {
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #selectConfirmations: RowStatement;
  readonly #deleteOld: RowStatement;

  constructor({ db, clock }: Connection) {
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO email_sends (email_id, address_hash, kind, task_id, sent_at)
       SELECT ?1, ?2, ?3, ?4, ?5
       WHERE (SELECT count(*) FROM email_sends WHERE address_hash = ?2 AND kind = ?3 AND sent_at > ?6) < ?7
         AND (SELECT count(*) FROM email_sends WHERE task_id = ?4 AND sent_at > ?8) < ${MAX_REMINDERS_PER_TASK_HOUR}`,
    );
    this.#select = prepare(db, 'SELECT 1 FROM email_sends WHERE email_id = ? AND address_hash = ?');
    this.#selectConfirmations = prepare(
      db,
      `SELECT sent_at FROM email_sends WHERE address_hash = ? AND kind = 'confirmation'
       ORDER BY sent_at DESC LIMIT ${MAX_CONFIRMATIONS_PER_DAY}`,
    );
    this.#deleteOld = prepare(
      db,
      `DELETE FROM email_sends WHERE (email_id, address_hash) IN
       (SELECT email_id, address_hash FROM email_sends WHERE sent_at <= ? LIMIT ${SENDS_PRUNED_PER_BATCH})`,
    );
  }

  /** False if there were too many. */
  record({ emailId, kind, taskId, contactEmailKey }: EmailSend): boolean {
    const now = this.#clock();
    const hash = hashAddress(contactEmailKey);
    if (this.#select.get(emailId, hash) !== undefined) return true;
    const limits = [now - DAY_MS, maxPerAddressDay(kind), now - HOUR_MS];
    return this.#insert.run(emailId, hash, kind, taskId, now, ...limits).changes === 1;
  }

  /** When the last confirmations were sent to an address, {@link MAX_CONFIRMATIONS_PER_DAY} at most, the newest first. */
  confirmations(contactEmailKey: string): number[] {
    return this.#selectConfirmations.all(hashAddress(contactEmailKey)).map(([sentAt]) => sentAt as number);
  }

  /** False if there was none. */
  prune(): boolean {
    return this.#deleteOld.run(this.#clock() - DAY_MS).changes !== 0;
  }
}
