import type { DatabaseSync } from 'node:sqlite';
import {
  CONFIRMATIONS_A_DAY,
  type EmailConfirmation,
  type EmailSend,
  EXPIRED_LINK_LIFETIME,
  LINK_LIFETIME,
  type LinkUse,
  MAIL_LEASE,
  MAIL_LIFETIME,
  type MailKind,
  type MailOutcome,
  type NewConfirmationLink,
  type QueuedMail,
  type TooManyMails,
} from '../../domain/emails.ts';
import {
  CONFIRMATION_COLUMNS,
  ENTRIES_AT_ONCE,
  MAIL_COLUMNS,
  MAIL_READER,
  MAILS_AT_ONCE,
  mailsFor,
  type NewMail,
  newMail,
  toConfirmation,
  tooManyMails,
  toQueuedMail,
} from '../sql/email-rows.ts';
import type { EventPositions } from './consumers.ts';
import { EmailSendTable } from './email-sends.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The mails to send, and the links in them that confirm addresses. Whatever writes must be called in a transaction. */
export class MailTable {
  readonly #positions: EventPositions;
  readonly #sends: EmailSendTable;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #claim: RowStatement;
  readonly #selectDue: RowStatement;
  readonly #settle: RowStatement;
  readonly #markSent: RowStatement;
  readonly #deleteOld: RowStatement;
  readonly #deleteOldLinks: RowStatement;
  readonly #selectRecent: RowStatement;
  readonly #selectConfirmation: RowStatement;
  readonly #selectAddressKey: RowStatement;
  readonly #insertLink: RowStatement;
  readonly #noteLinkSent: RowStatement;
  readonly #selectLink: RowStatement;
  readonly #confirm: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, positions: EventPositions, clock: () => number) {
    this.#positions = positions;
    this.#sends = new EmailSendTable(db, clock);
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO mails (mail_id, kind, sequence, user_id, task_id, state, attempts, next_attempt_at, created_at)
       SELECT ?1, ?2, ?3, ?4, ?5, 'waiting', 0, ?6, ?6 FROM users
       WHERE user_id = ?4 AND deleted = 0 AND (?2 <> 'confirmation' OR ${CONFIRMATIONS_A_DAY} >
         (SELECT count(*) FROM mails WHERE user_id = ?4 AND kind = 'confirmation' AND created_at > ?7))
       ON CONFLICT (kind, sequence) DO NOTHING`,
    );
    this.#selectDue = prepare(
      db,
      `SELECT mail_id FROM mails WHERE state = 'waiting' AND next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?`,
    );
    this.#claim = prepare(
      db,
      `UPDATE mails SET attempts = attempts + 1, next_attempt_at = ? WHERE mail_id = ? RETURNING ${MAIL_COLUMNS}`,
    );
    this.#settle = prepare(
      db,
      `UPDATE mails SET state = ?, next_attempt_at = ? WHERE mail_id = ? AND attempts = ? AND state = 'waiting'`,
    );
    // Whichever attempt it was: the mail is out.
    this.#markSent = prepare(db, `UPDATE mails SET state = 'sent' WHERE mail_id = ?`);
    this.#deleteOld = prepare(
      db,
      `DELETE FROM mails WHERE mail_id IN
       (SELECT mail_id FROM mails WHERE state <> 'waiting' AND created_at <= ? LIMIT ${MAILS_AT_ONCE})`,
    );
    this.#deleteOldLinks = prepare(
      db,
      `DELETE FROM email_confirmations WHERE token_hash IN
       (SELECT token_hash FROM email_confirmations WHERE confirmed_at IS NULL AND expires_at <= ? LIMIT ${MAILS_AT_ONCE})`,
    );
    this.#selectRecent = prepare(
      db,
      `SELECT created_at FROM mails WHERE user_id = ? AND kind = 'confirmation' ORDER BY created_at DESC LIMIT ?`,
    );
    this.#selectConfirmation = prepare(
      db,
      `SELECT ${CONFIRMATION_COLUMNS} FROM users WHERE user_id = ? AND deleted = 0`,
    );
    this.#selectAddressKey = prepare(db, 'SELECT contact_email_key FROM users WHERE user_id = ?');
    this.#insertLink = prepare(
      db,
      `INSERT INTO email_confirmations (token_hash, user_id, created_at, expires_at)
       SELECT ?, user_id, ?, ? FROM users WHERE user_id = ? AND contact_email = ? AND deleted = 0`,
    );
    this.#noteLinkSent = prepare(db, 'UPDATE email_confirmations SET sent_at = ? WHERE token_hash = ?');
    this.#selectLink = prepare(
      db,
      `SELECT expires_at, EXISTS (SELECT 1 FROM email_confirmations AS other
         WHERE other.user_id = link.user_id AND other.confirmed_at IS NOT NULL)
       FROM email_confirmations AS link WHERE token_hash = ?`,
    );
    this.#confirm = prepare(db, 'UPDATE email_confirmations SET confirmed_at = ? WHERE token_hash = ?');
  }

  /** Whether the change log has entries that mails were not queued for yet. */
  hasUnqueued(): boolean {
    return this.#positions.isBehind(MAIL_READER);
  }

  /** Whether there may be more entries of the change log. */
  queue(kinds: readonly MailKind[]): boolean {
    const since = this.#clock() - MAIL_LIFETIME;
    return this.#positions.advance(MAIL_READER, ENTRIES_AT_ONCE, (changes) => {
      for (const mail of mailsFor(changes, kinds, since)) this.#add(mail);
    });
  }

  hasDue(): boolean {
    return this.#selectDue.get(this.#clock(), 1) !== undefined;
  }

  claim(limit: number): QueuedMail[] {
    const now = this.#clock();
    return this.#selectDue.all(now, limit).map(([mailId]) => {
      return toQueuedMail(this.#claim.get(now + MAIL_LEASE, mailId as string) ?? []);
    });
  }

  /** False when there were too many. */
  recordSend(send: EmailSend): boolean {
    return this.#sends.record(send);
  }

  settle({ mailId, attempts }: Pick<QueuedMail, 'mailId' | 'attempts'>, outcome: MailOutcome): void {
    const now = this.#clock();
    if (outcome.state === 'sent') {
      this.#markSent.run(mailId);
      if (outcome.tokenHash !== undefined) this.#noteLinkSent.run(now, outcome.tokenHash);
    } else {
      const nextAttemptAt = outcome.state === 'waiting' ? outcome.nextAttemptAt : now;
      this.#settle.run(outcome.state, nextAttemptAt, mailId, attempts);
    }
  }

  /** False when none was left. */
  deleteSomeOld(): boolean {
    const now = this.#clock();
    const mails = this.#deleteOld.run(now - MAIL_LIFETIME).changes;
    if (mails !== 0 || this.#deleteOldLinks.run(now - EXPIRED_LINK_LIFETIME).changes !== 0) return true;
    return this.#sends.deleteSomeOld();
  }

  confirmation(userId: number): EmailConfirmation | undefined {
    const row = this.#selectConfirmation.get(userId);
    return row === undefined ? undefined : toConfirmation(row, this.#clock());
  }

  request(userId: number): EmailConfirmation | TooManyMails | undefined {
    const found = this.confirmation(userId);
    if (found === undefined || found.state === 'confirmed') return found;
    const queued = this.#selectRecent.all(userId, CONFIRMATIONS_A_DAY).map(([createdAt]) => createdAt as number);
    const [key] = this.#selectAddressKey.get(userId) as [string];
    const tooMany = tooManyMails({ queued, sent: this.#sends.confirmations(key) }, this.#clock());
    if (tooMany !== undefined) return tooMany;
    this.#add(newMail('confirmation', { sequence: null, userId, taskId: null }));
    return this.confirmation(userId);
  }

  /** False when the user has gone or has another address. */
  addLink({ tokenHash, userId, contactEmail }: NewConfirmationLink): boolean {
    const now = this.#clock();
    return this.#insertLink.run(tokenHash, now, now + LINK_LIFETIME, userId, contactEmail).changes === 1;
  }

  /** What using a link would come to. */
  useOf(tokenHash: Uint8Array): LinkUse {
    const [expiresAt, confirmed] = this.#selectLink.get(tokenHash) ?? [];
    if (expiresAt === undefined) return 'unknown';
    if (confirmed === 1) return 'used';
    return (expiresAt as number) <= this.#clock() ? 'expired' : 'confirmed';
  }

  confirm(tokenHash: Uint8Array): LinkUse {
    const use = this.useOf(tokenHash);
    if (use === 'confirmed') this.#confirm.run(this.#clock(), tokenHash);
    return use;
  }

  #add({ mailId, kind, sequence, userId, taskId }: NewMail): void {
    const now = this.#clock();
    this.#insert.run(mailId, kind, sequence, userId, taskId, now, now - MAIL_LIFETIME);
  }
}
