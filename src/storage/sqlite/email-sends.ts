import type { DatabaseSync } from 'node:sqlite';
import { CONFIRMATIONS_A_DAY, type EmailSend, MAX_REMINDERS_PER_TASK_HOUR } from '../../domain/emails.ts';
import { DAY_MS, HOUR_MS, hashAddress, maxPerAddressDay, SENDS_AT_ONCE } from '../sql/email-limits.ts';
import { prepare, type RowStatement } from './rows.ts';

/** Which emails were sent to which address within the last day. Whatever writes must be called in a transaction. */
export class EmailSendTable {
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #selectConfirmations: RowStatement;
  readonly #deleteOld: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, clock: () => number) {
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO email_sends (mail_id, address_hash, kind, task_id, sent_at)
       SELECT ?1, ?2, ?3, ?4, ?5
       WHERE (SELECT count(*) FROM email_sends WHERE address_hash = ?2 AND kind = ?3 AND sent_at > ?6) < ?7
         AND (SELECT count(*) FROM email_sends WHERE task_id = ?4 AND sent_at > ?8) < ${MAX_REMINDERS_PER_TASK_HOUR}`,
    );
    this.#select = prepare(db, 'SELECT 1 FROM email_sends WHERE mail_id = ? AND address_hash = ?');
    this.#selectConfirmations = prepare(
      db,
      `SELECT sent_at FROM email_sends WHERE address_hash = ? AND kind = 'confirmation'
       ORDER BY sent_at DESC LIMIT ${CONFIRMATIONS_A_DAY}`,
    );
    this.#deleteOld = prepare(
      db,
      `DELETE FROM email_sends WHERE (mail_id, address_hash) IN
       (SELECT mail_id, address_hash FROM email_sends WHERE sent_at <= ? LIMIT ${SENDS_AT_ONCE})`,
    );
  }

  /** False when there were too many. */
  record({ mailId, kind, taskId, contactEmailKey }: EmailSend): boolean {
    const now = this.#clock();
    const hash = hashAddress(contactEmailKey);
    if (this.#select.get(mailId, hash) !== undefined) return true;
    const limits = [now - DAY_MS, maxPerAddressDay(kind), now - HOUR_MS];
    return this.#insert.run(mailId, hash, kind, taskId, now, ...limits).changes === 1;
  }

  /** When the last confirmations were sent to an address, {@link CONFIRMATIONS_A_DAY} at most, the newest first. */
  confirmations(contactEmailKey: string): number[] {
    return this.#selectConfirmations.all(hashAddress(contactEmailKey)).map(([sentAt]) => sentAt as number);
  }

  /** False when none was left. */
  deleteSomeOld(): boolean {
    return this.#deleteOld.run(this.#clock() - DAY_MS).changes !== 0;
  }
}
