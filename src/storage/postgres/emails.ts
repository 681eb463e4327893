import {
  CONFIRMATIONS_A_DAY,
  type EmailConfirmation,
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
import { advance, type EventReader } from './consumers.ts';
import type { Database, Queryable } from './database.ts';
import { removeOldEmailSends, selectConfirmationsSent } from './email-sends.ts';
import { lockUser } from './users.ts';

/** Whether there may be more entries of the change log. */
export function queueMails(
  db: Database,
  events: EventReader,
  kinds: readonly MailKind[],
  now: number,
): Promise<boolean> {
  return advance(db, events, MAIL_READER, ENTRIES_AT_ONCE, (client, changes) =>
    insertMails(client, mailsFor(changes, kinds, now - MAIL_LIFETIME), now),
  );
}

/** A user whom a mail is to is kept from being deleted meanwhile. */
async function insertMails(client: Queryable, mails: readonly NewMail[], now: number): Promise<void> {
  if (mails.length === 0) return;
  const column = (name: keyof NewMail) => mails.map((mail) => mail[name]);
  await client.query({
    name: 'insert_mails',
    text: `INSERT INTO mails (mail_id, kind, sequence, user_id, task_id, state, attempts, next_attempt_at, created_at)
           SELECT mail_id, kind, sequence, user_id, task_id, 'waiting', 0, $6, $6
           FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
             AS new (mail_id, kind, sequence, user_id, task_id)
           WHERE EXISTS (SELECT 1 FROM users WHERE users.user_id = new.user_id FOR KEY SHARE)
             AND (kind <> 'confirmation' OR ${CONFIRMATIONS_A_DAY} > (SELECT count(*) FROM mails
               WHERE mails.user_id = new.user_id AND mails.kind = 'confirmation' AND mails.created_at > $7))
           ON CONFLICT (kind, sequence) DO NOTHING`,
    values: [
      ...[column('mailId'), column('kind'), column('sequence'), column('userId'), column('taskId')],
      ...[now, now - MAIL_LIFETIME],
    ],
  });
}

export async function claimMails(db: Database, limit: number, now: number): Promise<QueuedMail[]> {
  const rows = await db.query({
    name: 'claim_mails',
    text: `WITH due AS MATERIALIZED (
             SELECT mail_id FROM mails WHERE state = 'waiting' AND next_attempt_at <= $1
             ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
           )
           UPDATE mails SET attempts = attempts + 1, next_attempt_at = $3
           WHERE mail_id IN (SELECT mail_id FROM due) RETURNING ${MAIL_COLUMNS}`,
    values: [now, limit, now + MAIL_LEASE],
  });
  return rows.map(toQueuedMail);
}

export async function settleMail(
  db: Database,
  { mailId, attempts }: Pick<QueuedMail, 'mailId' | 'attempts'>,
  outcome: MailOutcome,
  now: number,
): Promise<void> {
  if (outcome.state === 'sent') {
    // Whichever attempt it was: the mail is out.
    await db.query({
      name: 'mark_mail_sent',
      text: `WITH link AS (UPDATE email_confirmations SET sent_at = $2 WHERE token_hash = $3)
             UPDATE mails SET state = 'sent' WHERE mail_id = $1`,
      values: [mailId, now, outcome.tokenHash ?? null],
    });
    return;
  }
  const nextAttemptAt = outcome.state === 'waiting' ? outcome.nextAttemptAt : now;
  await db.query({
    name: 'settle_mail',
    text: `UPDATE mails SET state = $3, next_attempt_at = $4
           WHERE mail_id = $1 AND attempts = $2 AND state = 'waiting'`,
    values: [mailId, attempts, outcome.state, nextAttemptAt],
  });
}

/** False when none was left. */
export async function forgetOldMails(db: Database, now: number): Promise<boolean> {
  const mails = await db.query({
    name: 'forget_old_mails',
    text: `DELETE FROM mails WHERE mail_id IN
           (SELECT mail_id FROM mails WHERE state <> 'waiting' AND created_at <= $1 LIMIT ${MAILS_AT_ONCE}) RETURNING 1`,
    values: [now - MAIL_LIFETIME],
  });
  if (mails.length > 0) return true;
  const links = await db.query({
    name: 'forget_old_links',
    text: `DELETE FROM email_confirmations WHERE token_hash IN
           (SELECT token_hash FROM email_confirmations WHERE confirmed_at IS NULL AND expires_at <= $1
            LIMIT ${MAILS_AT_ONCE}) RETURNING 1`,
    values: [now - EXPIRED_LINK_LIFETIME],
  });
  return links.length > 0 || removeOldEmailSends(db, now);
}

export async function selectConfirmation(
  db: Queryable,
  userId: number,
  now: number,
): Promise<EmailConfirmation | undefined> {
  const text = `SELECT ${CONFIRMATION_COLUMNS} FROM users WHERE user_id = $1`;
  const [row] = await db.query({ name: 'select_confirmation', text, values: [userId] });
  return row === undefined ? undefined : toConfirmation(row, now);
}

export function requestConfirmation(
  db: Database,
  userId: number,
  now: number,
): Promise<EmailConfirmation | TooManyMails | undefined> {
  return db.transaction(async (client) => {
    // Two requests at once count each other.
    if ((await lockUser(client, userId)) === undefined) return undefined;
    const found = await selectConfirmation(client, userId, now);
    if (found === undefined || found.state === 'confirmed') return found;
    const rows = await client.query({
      name: 'select_recent_confirmations',
      text: `SELECT created_at FROM mails WHERE user_id = $1 AND kind = 'confirmation'
             ORDER BY created_at DESC LIMIT ${CONFIRMATIONS_A_DAY}`,
      values: [userId],
    });
    const queued = rows.map(([createdAt]) => createdAt as number);
    const text = 'SELECT contact_email_key FROM users WHERE user_id = $1';
    const [[key] = []] = await client.query({ name: 'select_address_key', text, values: [userId] });
    const sent = await selectConfirmationsSent(client, key as string);
    const tooMany = tooManyMails({ queued, sent }, now);
    if (tooMany !== undefined) return tooMany;
    await insertMails(client, [newMail('confirmation', { sequence: null, userId, taskId: null })], now);
    return selectConfirmation(client, userId, now);
  });
}

/** False when the user has gone or has another address. */
export async function insertLink(
  db: Database,
  { tokenHash, userId, contactEmail }: NewConfirmationLink,
  now: number,
): Promise<boolean> {
  const rows = await db.query({
    name: 'insert_link',
    // A change of the address that is under way is waited for: it removes the links that are there before it.
    text: `WITH present AS MATERIALIZED (
             SELECT user_id FROM users WHERE user_id = $2 AND contact_email = $5 FOR SHARE
           )
           INSERT INTO email_confirmations (token_hash, user_id, created_at, expires_at)
           SELECT $1, user_id, $3, $4 FROM present RETURNING 1`,
    values: [tokenHash, userId, now, now + LINK_LIFETIME, contactEmail],
  });
  return rows.length === 1;
}

export function confirmEmail(db: Database, tokenHash: Uint8Array, now: number): Promise<LinkUse> {
  return db.transaction(async (client) => {
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
