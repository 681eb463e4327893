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
import { columnList } from '../sql/columns.ts';
import {
  CHANGES_PER_BATCH,
  CONFIRMATION_COLUMNS,
  EMAIL_COLUMNS,
  EMAIL_CONSUMER,
  EMAILS_PER_BATCH,
  emailsFor,
  NEW_EMAIL_FIELDS,
  type NewEmail,
  newEmail,
  toClaimedEmail,
  toConfirmation,
  tooManyEmails,
} from '../sql/email-rows.ts';
import { arrayParameters, columnArrays } from './column-arrays.ts';
import type { Consumers } from './consumers.ts';
import type { Database, Queryable } from './database.ts';
import { pruneEmailSends, recordEmailSend, selectConfirmationsSent } from './email-sends.ts';
import { lockUser } from './users.ts';

const NEW_COLUMNS = columnList(NEW_EMAIL_FIELDS);

export class PostgresEmailRepository implements EmailRepository {
  readonly #db: Database;
  readonly #consumers: Consumers;
  readonly #clock: () => number;

  constructor(db: Database, { consumers, clock }: { consumers: Consumers; clock: () => number }) {
    this.#db = db;
    this.#consumers = consumers;
    this.#clock = clock;
  }

  enqueue(kinds: readonly EmailKind[]): Promise<boolean> {
    const now = this.#clock();
    return this.#consumers.consume(EMAIL_CONSUMER, CHANGES_PER_BATCH, (client, changes) =>
      insertEmails(client, emailsFor(changes, kinds, now - EMAIL_LIFETIME_MS), now),
    );
  }

  async claim(limit: number): Promise<ClaimedEmail[]> {
    const now = this.#clock();
    const rows = await this.#db.query({
      name: 'claim_emails',
      text: `WITH due AS MATERIALIZED (
             SELECT email_id FROM emails WHERE state = 'pending' AND next_attempt_at <= $1
             ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
           )
           UPDATE emails SET attempts = attempts + 1, next_attempt_at = $3
           WHERE email_id IN (SELECT email_id FROM due) RETURNING ${EMAIL_COLUMNS}`,
      values: [now, limit, now + EMAIL_LEASE_MS],
    });
    return rows.map(toClaimedEmail);
  }

  recordSend(send: EmailSend): Promise<boolean> {
    return recordEmailSend(this.#db, send, this.#clock());
  }

  async recordAttempt(
    { emailId, attempts }: Pick<ClaimedEmail, 'emailId' | 'attempts'>,
    outcome: EmailAttemptResult,
  ): Promise<void> {
    const now = this.#clock();
    if (outcome.state === 'delivered') {
      // Even if another attempt was claimed in the meantime, the email was sent.
      await this.#db.query({
        name: 'record_email_delivery',
        text: `WITH link AS (UPDATE email_confirmations SET sent_at = $2 WHERE token_hash = $3)
             UPDATE emails SET state = 'delivered' WHERE email_id = $1`,
        values: [emailId, now, outcome.tokenHash ?? null],
      });
      return;
    }
    const nextAttemptAt = outcome.state === 'pending' ? outcome.nextAttemptAt : now;
    await this.#db.query({
      name: 'record_email_attempt',
      text: `UPDATE emails SET state = $3, next_attempt_at = $4
           WHERE email_id = $1 AND attempts = $2 AND state = 'pending'`,
      values: [emailId, attempts, outcome.state, nextAttemptAt],
    });
  }

  async prune(): Promise<boolean> {
    const now = this.#clock();
    const emails = await this.#db.query({
      name: 'prune_emails',
      text: `DELETE FROM emails WHERE email_id IN
           (SELECT email_id FROM emails WHERE state <> 'pending' AND created_at <= $1 LIMIT ${EMAILS_PER_BATCH}) RETURNING 1`,
      values: [now - EMAIL_LIFETIME_MS],
    });
    if (emails.length > 0) return true;
    const links = await this.#db.query({
      name: 'prune_links',
      text: `DELETE FROM email_confirmations WHERE token_hash IN
           (SELECT token_hash FROM email_confirmations WHERE confirmed_at IS NULL AND expires_at <= $1
            LIMIT ${EMAILS_PER_BATCH}) RETURNING 1`,
      values: [now - EXPIRED_LINK_RETENTION_MS],
    });
    return links.length > 0 || pruneEmailSends(this.#db, now);
  }

  async getConfirmation(userId: number): Promise<EmailConfirmation | undefined> {
    return selectConfirmation(this.#db, userId, this.#clock());
  }

  requestConfirmation(
    userId: number,
    traceparent: string | null = null,
  ): Promise<EmailConfirmation | TooManyEmails | undefined> {
    const now = this.#clock();
    return this.#db.transaction(async (client) => {
      // The lock makes concurrent requests count each other.
      if ((await lockUser(client, userId)) === undefined) return undefined;
      const found = await selectConfirmation(client, userId, now);
      if (found === undefined || found.state === 'confirmed') return found;
      const rows = await client.query({
        name: 'select_recent_confirmations',
        text: `SELECT created_at FROM emails WHERE user_id = $1 AND kind = 'confirmation'
             ORDER BY created_at DESC LIMIT ${MAX_CONFIRMATIONS_PER_DAY}`,
        values: [userId],
      });
      const queued = rows.map(([createdAt]) => createdAt as number);
      const text = 'SELECT contact_email_key FROM users WHERE user_id = $1';
      const [[key] = []] = await client.query({ name: 'select_address_key', text, values: [userId] });
      const sent = await selectConfirmationsSent(client, key as string);
      const tooMany = tooManyEmails({ queued, sent }, now);
      if (tooMany !== undefined) return tooMany;
      const email = newEmail('confirmation', { sequence: null, userId, taskId: null, traceparent });
      await insertEmails(client, [email], now);
      return selectConfirmation(client, userId, now);
    });
  }

  async addConfirmationLink({ tokenHash, userId, contactEmail }: NewConfirmationLink): Promise<boolean> {
    const now = this.#clock();
    const rows = await this.#db.query({
      name: 'insert_link',
      // FOR SHARE waits for a concurrent change of the address, which deletes the links stored before it.
      text: `WITH present AS MATERIALIZED (
             SELECT user_id FROM users WHERE user_id = $2 AND contact_email = $5 FOR SHARE
           )
           INSERT INTO email_confirmations (token_hash, user_id, created_at, expires_at)
           SELECT $1, user_id, $3, $4 FROM present RETURNING 1`,
      values: [tokenHash, userId, now, now + LINK_LIFETIME_MS, contactEmail],
    });
    return rows.length === 1;
  }

  confirm(tokenHash: Uint8Array): Promise<LinkUse> {
    const now = this.#clock();
    return this.#db.transaction(async (client) => {
      const [link] = await client.query({
        name: 'lock_link',
        text: 'SELECT user_id, expires_at FROM email_confirmations WHERE token_hash = $1 FOR UPDATE',
        values: [tokenHash],
      });
      if (link === undefined) return 'unknown';
      const [userId, expiresAt] = link as [number, number];
      const confirmed = await client.query({
        name: 'select_confirmed',
        text: 'SELECT 1 FROM email_confirmations WHERE user_id = $1 AND confirmed_at IS NOT NULL LIMIT 1',
        values: [userId],
      });
      if (confirmed.length > 0) return 'used';
      if (expiresAt <= now) return 'expired';
      await client.query({
        name: 'confirm_email',
        text: 'UPDATE email_confirmations SET confirmed_at = $2 WHERE token_hash = $1',
        values: [tokenHash, now],
      });
      return 'confirmed';
    });
  }
}

/** Inserts emails. Their recipients are locked against deletion. */
async function insertEmails(client: Queryable, emails: readonly NewEmail[], now: number): Promise<void> {
  if (emails.length === 0) return;
  await client.query({
    name: 'insert_emails',
    text: `INSERT INTO emails (${NEW_COLUMNS}, state, attempts, next_attempt_at, created_at)
           SELECT ${NEW_COLUMNS}, 'pending', 0, $1, $1
           FROM unnest(${arrayParameters(NEW_EMAIL_FIELDS, 3)}) AS new (${NEW_COLUMNS})
           WHERE EXISTS (SELECT 1 FROM users WHERE users.user_id = new.user_id FOR KEY SHARE)
             AND (kind <> 'confirmation' OR ${MAX_CONFIRMATIONS_PER_DAY} > (SELECT count(*) FROM emails
               WHERE emails.user_id = new.user_id AND emails.kind = 'confirmation' AND emails.created_at > $2))
           ON CONFLICT (kind, sequence) DO NOTHING`,
    values: [now, now - EMAIL_LIFETIME_MS, ...columnArrays(NEW_EMAIL_FIELDS, emails)],
  });
}

async function selectConfirmation(db: Queryable, userId: number, now: number): Promise<EmailConfirmation | undefined> {
  const text = `SELECT ${CONFIRMATION_COLUMNS} FROM users WHERE user_id = $1`;
  const [row] = await db.query({ name: 'select_confirmation', text, values: [userId] });
  return row === undefined ? undefined : toConfirmation(row, now);
}
