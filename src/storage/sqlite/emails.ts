import {
  type ClaimedEmail,
  EMAIL_LEASE_MS,
  EMAIL_LIFETIME_MS,
  type EmailAttemptResult,
  type EmailConfirmation,
  type EmailKind,
  type EmailRepository,
  type EmailSend,
  EXPIRED_LINK_RETENTION_MS,
  LINK_LIFETIME_MS,
  type LinkUse,
  MAX_CONFIRMATIONS_PER_DAY,
  type NewConfirmationLink,
  type TooManyEmails,
} from '../../domain/emails.ts';
import {
  CHANGES_PER_BATCH,
  CONFIRMATION_COLUMNS,
  EMAIL_COLUMNS,
  EMAIL_CONSUMER,
  EMAILS_PER_BATCH,
  emailsFor,
  type NewEmail,
  newEmail,
  toClaimedEmail,
  toConfirmation,
  tooManyEmails,
} from '../sql/email-rows.ts';
import type { Consumers } from './consumers.ts';
import { EmailSendRows } from './email-sends.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import { type OnBoth, onBoth } from './snapshots.ts';

/** The rows of queued emails and of confirmation links. Call what writes in a transaction. */
export class EmailRows {
  readonly #consumers: Consumers;
  readonly #sends: EmailSendRows;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #claim: RowStatement;
  readonly #selectDue: RowStatement;
  readonly #recordAttempt: RowStatement;
  readonly #markDelivered: RowStatement;
  readonly #deleteOld: RowStatement;
  readonly #deleteOldLinks: RowStatement;
  readonly #selectRecent: RowStatement;
  readonly #selectConfirmation: RowStatement;
  readonly #selectAddressKey: RowStatement;
  readonly #insertLink: RowStatement;
  readonly #recordLinkSent: RowStatement;
  readonly #selectLink: RowStatement;
  readonly #confirm: RowStatement;

  constructor(connection: Connection, consumers: Consumers) {
    const { db, clock } = connection;
    this.#consumers = consumers;
    this.#sends = new EmailSendRows(connection);
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO emails (email_id, kind, sequence, user_id, task_id, traceparent, state, attempts, next_attempt_at, created_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?8, 'pending', 0, ?6, ?6 FROM users
       WHERE user_id = ?4 AND deleted = 0 AND (?2 <> 'confirmation' OR ${MAX_CONFIRMATIONS_PER_DAY} >
         (SELECT count(*) FROM emails WHERE user_id = ?4 AND kind = 'confirmation' AND created_at > ?7))
       ON CONFLICT (kind, sequence) DO NOTHING`,
    );
    this.#selectDue = prepare(
      db,
      `SELECT email_id FROM emails WHERE state = 'pending' AND next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?`,
    );
    this.#claim = prepare(
      db,
      `UPDATE emails SET attempts = attempts + 1, next_attempt_at = ? WHERE email_id = ? RETURNING ${EMAIL_COLUMNS}`,
    );
    this.#recordAttempt = prepare(
      db,
      `UPDATE emails SET state = ?, next_attempt_at = ? WHERE email_id = ? AND attempts = ? AND state = 'pending'`,
    );
    // Even if another attempt was claimed in the meantime, the email was sent.
    this.#markDelivered = prepare(db, `UPDATE emails SET state = 'delivered' WHERE email_id = ?`);
    this.#deleteOld = prepare(
      db,
      `DELETE FROM emails WHERE email_id IN
       (SELECT email_id FROM emails WHERE state <> 'pending' AND created_at <= ? LIMIT ${EMAILS_PER_BATCH})`,
    );
    this.#deleteOldLinks = prepare(
      db,
      `DELETE FROM email_confirmations WHERE token_hash IN
       (SELECT token_hash FROM email_confirmations WHERE confirmed_at IS NULL AND expires_at <= ? LIMIT ${EMAILS_PER_BATCH})`,
    );
    this.#selectRecent = prepare(
      db,
      `SELECT created_at FROM emails WHERE user_id = ? AND kind = 'confirmation' ORDER BY created_at DESC LIMIT ?`,
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
    this.#recordLinkSent = prepare(db, 'UPDATE email_confirmations SET sent_at = ? WHERE token_hash = ?');
    this.#selectLink = prepare(
      db,
      `SELECT expires_at, EXISTS (SELECT 1 FROM email_confirmations AS other
         WHERE other.user_id = link.user_id AND other.confirmed_at IS NOT NULL)
       FROM email_confirmations AS link WHERE token_hash = ?`,
    );
    this.#confirm = prepare(db, 'UPDATE email_confirmations SET confirmed_at = ? WHERE token_hash = ?');
  }

  /** Whether there are new entries in the change log. Writes nothing. */
  isBehind(): boolean {
    return this.#consumers.isBehind(EMAIL_CONSUMER);
  }

  /** Enqueues emails for some new entries of the change log. False if none are left. */
  enqueue(kinds: readonly EmailKind[]): boolean {
    const since = this.#clock() - EMAIL_LIFETIME_MS;
    return this.#consumers.consume(EMAIL_CONSUMER, CHANGES_PER_BATCH, (changes) => {
      for (const email of emailsFor(changes, kinds, since)) this.#add(email);
    });
  }

  hasDue(): boolean {
    return this.#selectDue.get(this.#clock(), 1) !== undefined;
  }

  claim(limit: number): ClaimedEmail[] {
    const now = this.#clock();
    return this.#selectDue.all(now, limit).map(([emailId]) => {
      return toClaimedEmail(this.#claim.get(now + EMAIL_LEASE_MS, emailId as string) ?? []);
    });
  }

  /** False if there were too many. */
  recordSend(send: EmailSend): boolean {
    return this.#sends.record(send);
  }

  recordAttempt({ emailId, attempts }: Pick<ClaimedEmail, 'emailId' | 'attempts'>, outcome: EmailAttemptResult): void {
    const now = this.#clock();
    if (outcome.state === 'delivered') {
      this.#markDelivered.run(emailId);
      if (outcome.tokenHash !== undefined) this.#recordLinkSent.run(now, outcome.tokenHash);
    } else {
      const nextAttemptAt = outcome.state === 'pending' ? outcome.nextAttemptAt : now;
      this.#recordAttempt.run(outcome.state, nextAttemptAt, emailId, attempts);
    }
  }

  /** Prunes old emails and links. False if there was none. */
  prune(): boolean {
    const now = this.#clock();
    const emails = this.#deleteOld.run(now - EMAIL_LIFETIME_MS).changes;
    if (emails !== 0 || this.#deleteOldLinks.run(now - EXPIRED_LINK_RETENTION_MS).changes !== 0) return true;
    return this.#sends.prune();
  }

  confirmation(userId: number): EmailConfirmation | undefined {
    const row = this.#selectConfirmation.get(userId);
    return row === undefined ? undefined : toConfirmation(row, this.#clock());
  }

  requestConfirmation(userId: number, traceparent: string | null): EmailConfirmation | TooManyEmails | undefined {
    const found = this.confirmation(userId);
    if (found === undefined || found.state === 'confirmed') return found;
    const queued = this.#selectRecent.all(userId, MAX_CONFIRMATIONS_PER_DAY).map(([createdAt]) => createdAt as number);
    const [key] = this.#selectAddressKey.get(userId) as [string];
    const tooMany = tooManyEmails({ queued, sent: this.#sends.confirmations(key) }, this.#clock());
    if (tooMany !== undefined) return tooMany;
    this.#add(newEmail('confirmation', { sequence: null, userId, taskId: null, traceparent }));
    return this.confirmation(userId);
  }

  /** False if the user is gone or has another address now. */
  addLink({ tokenHash, userId, contactEmail }: NewConfirmationLink): boolean {
    const now = this.#clock();
    return this.#insertLink.run(tokenHash, now, now + LINK_LIFETIME_MS, userId, contactEmail).changes === 1;
  }

  /** The result of opening a link. Writes nothing. */
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

  #add({ emailId, kind, sequence, userId, taskId, traceparent }: NewEmail): void {
    const now = this.#clock();
    this.#insert.run(emailId, kind, sequence, userId, taskId, now, now - EMAIL_LIFETIME_MS, traceparent);
  }
}

export class SqliteEmailRepository implements EmailRepository {
  readonly #session: Session;
  readonly #rows: OnBoth<EmailRows>;

  constructor(session: Session, { consumers }: { consumers: OnBoth<Consumers> }) {
    this.#session = session;
    this.#rows = onBoth((name) => new EmailRows(session.connections[name], consumers[name]));
  }

  async enqueue(kinds: readonly EmailKind[]): Promise<boolean> {
    // Polled often, and usually there is nothing new: then nothing is written.
    if (!(await this.#session.read(this.#rows, (rows) => rows.isBehind()))) return false;
    return this.#session.write(() => this.#rows.writing.enqueue(kinds));
  }

  async claim(limit: number): Promise<ClaimedEmail[]> {
    if (!(await this.#session.read(this.#rows, (rows) => rows.hasDue()))) return [];
    return this.#session.write(() => this.#rows.writing.claim(limit));
  }

  recordSend(send: EmailSend): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.recordSend(send));
  }

  recordAttempt(email: Pick<ClaimedEmail, 'emailId' | 'attempts'>, outcome: EmailAttemptResult): Promise<void> {
    return this.#session.write(() => this.#rows.writing.recordAttempt(email, outcome));
  }

  prune(): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.prune());
  }

  getConfirmation(userId: number): Promise<EmailConfirmation | undefined> {
    return this.#session.read(this.#rows, (rows) => rows.confirmation(userId));
  }

  requestConfirmation(
    userId: number,
    traceparent: string | null = null,
  ): Promise<EmailConfirmation | TooManyEmails | undefined> {
    return this.#session.write(() => this.#rows.writing.requestConfirmation(userId, traceparent));
  }

  addConfirmationLink(link: NewConfirmationLink): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.addLink(link));
  }

  async confirm(tokenHash: Uint8Array): Promise<LinkUse> {
    // Anyone can send any token: only a valid one is added to the write queue.
    const use = await this.#session.read(this.#rows, (rows) => rows.useOf(tokenHash));
    return use === 'confirmed' ? this.#session.write(() => this.#rows.writing.confirm(tokenHash)) : use;
  }
}
