import { type EmailSend, MAX_CONFIRMATIONS_PER_DAY, MAX_REMINDERS_PER_TASK_HOUR } from '../../domain/emails.ts';
import { DAY_MS, HOUR_MS, hashAddress, maxPerAddressDay, SENDS_PRUNED_PER_BATCH } from '../sql/email-limits.ts';
import type { Database, Queryable } from './database.ts';

/** Identifies the advisory lock under which emails are counted. Arbitrary; nothing else in the database uses it. */
const LOCK_KEY = 0x4d41494c;

/** False if there were too many. */
export function recordEmailSend(
  db: Database,
  { emailId, kind, taskId, contactEmailKey }: EmailSend,
  now: number,
): Promise<boolean> {
  const hash = hashAddress(contactEmailKey);
  return db.transaction(async (client) => {
    // A separate statement, so that the next one sees what concurrent transactions have counted.
    await client.query({ name: 'lock_email_sends', text: 'SELECT pg_advisory_xact_lock($1)', values: [LOCK_KEY] });
    const recorded = await client.query({
      name: 'select_email_send',
      text: 'SELECT 1 FROM email_sends WHERE email_id = $1 AND address_hash = $2',
      values: [emailId, hash],
    });
    if (recorded.length > 0) return true;
    const inserted = await client.query({
      name: 'insert_email_send',
      text: `INSERT INTO email_sends (email_id, address_hash, kind, task_id, sent_at)
             SELECT $1::text, $2::bytea, $3::text, $4::bigint, $5::bigint
             WHERE (SELECT count(*) FROM email_sends WHERE address_hash = $2 AND kind = $3 AND sent_at > $6) < $7
               AND (SELECT count(*) FROM email_sends WHERE task_id = $4 AND sent_at > $8) < ${MAX_REMINDERS_PER_TASK_HOUR}
             RETURNING 1`,
      values: [emailId, hash, kind, taskId, now, now - DAY_MS, maxPerAddressDay(kind), now - HOUR_MS],
    });
    return inserted.length === 1;
  });
}

/** When the last confirmations were sent to an address, {@link MAX_CONFIRMATIONS_PER_DAY} at most, the newest first. */
export async function selectConfirmationsSent(db: Queryable, contactEmailKey: string): Promise<number[]> {
  const rows = await db.query({
    name: 'select_confirmations_sent',
    text: `SELECT sent_at FROM email_sends WHERE address_hash = $1 AND kind = 'confirmation'
           ORDER BY sent_at DESC LIMIT ${MAX_CONFIRMATIONS_PER_DAY}`,
    values: [hashAddress(contactEmailKey)],
  });
  return rows.map(([sentAt]) => sentAt as number);
}

/** False if there was none. */
export async function pruneEmailSends(db: Queryable, now: number): Promise<boolean> {
  const rows = await db.query({
    name: 'prune_email_sends',
    text: `DELETE FROM email_sends WHERE (email_id, address_hash) IN
           (SELECT email_id, address_hash FROM email_sends WHERE sent_at <= $1 LIMIT ${SENDS_PRUNED_PER_BATCH}) RETURNING 1`,
    values: [now - DAY_MS],
  });
  return rows.length > 0;
}
