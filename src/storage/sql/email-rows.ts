import { randomUUID } from 'node:crypto';
import type { Change } from '../../domain/changes.ts';
import {
  type ClaimedEmail,
  CONFIRMATION_INTERVAL_MS,
  type EmailConfirmation,
  type EmailKind,
  MAX_CONFIRMATIONS_PER_DAY,
  type TooManyEmails,
} from '../../domain/emails.ts';
import { type Columns, columnList, integer, rowDecoder, text } from './columns.ts';
import { DAY_MS } from './email-limits.ts';

/** The name of the consumer that enqueues emails. */
export const EMAIL_CONSUMER = 'email';
/** The maximum number of entries of the change log that are consumed in one transaction. */
export const CHANGES_PER_BATCH = 200;
/** The maximum number of emails, or of links, that are pruned in one transaction. */
export const EMAILS_PER_BATCH = 100;

/** An email to enqueue. */
export interface NewEmail {
  emailId: string;
  kind: EmailKind;
  /** The entry of the change log that requires the email, or null if a request does. */
  sequence: number | null;
  userId: number;
  taskId: number | null;
  /** See {@link ClaimedEmail}. */
  traceparent: string | null;
}

/** The columns that INSERT sets from a {@link NewEmail}. */
export const NEW_EMAIL_FIELDS = {
  emailId: text('email_id'),
  kind: text('kind'),
  sequence: integer('sequence'),
  userId: integer('user_id'),
  taskId: integer('task_id'),
  traceparent: text('traceparent'),
} satisfies Columns<keyof NewEmail>;

export function newEmail(kind: EmailKind, email: Omit<NewEmail, 'emailId' | 'kind'>): NewEmail {
  return { emailId: randomUUID(), kind, ...email };
}

/**
 * The emails that entries of the change log require. A user whose address changed several times gets one confirmation.
 *
 * @param since entries before this time, in milliseconds since the epoch, are skipped: their emails would be too late.
 */
export function emailsFor(changes: readonly Change[], kinds: readonly EmailKind[], since: number): NewEmail[] {
  const emails = new Map<string, NewEmail>();
  for (const change of changes) {
    const { sequence, at, userId, taskId, traceparent } = change;
    const kind = emailKindFor(change);
    if (kind === undefined || userId === null || at < since || !kinds.includes(kind)) continue;
    const subject = kind === 'reminder' ? sequence : userId;
    emails.set(`${kind} ${subject}`, newEmail(kind, { sequence, userId, taskId, traceparent }));
  }
  return [...emails.values()];
}

function emailKindFor({ type, before }: Change): EmailKind | undefined {
  if (type === 'task.reminder') return 'reminder';
  if (type === 'user.created') return 'confirmation';
  return type === 'user.updated' && before?.contactEmail !== undefined ? 'confirmation' : undefined;
}

const CLAIMED_EMAIL_FIELDS = {
  emailId: text('email_id'),
  kind: text('kind'),
  userId: integer('user_id'),
  taskId: integer('task_id'),
  attempts: integer('attempts'),
  createdAt: integer('created_at'),
  traceparent: text('traceparent'),
};

/** The columns that {@link toClaimedEmail} reads. */
export const EMAIL_COLUMNS = columnList(CLAIMED_EMAIL_FIELDS);

export const toClaimedEmail = rowDecoder<ClaimedEmail>(CLAIMED_EMAIL_FIELDS);

/** The columns that {@link toConfirmation} reads, from `users`. */
export const CONFIRMATION_COLUMNS = `contact_email,
  (SELECT min(confirmed_at) FROM email_confirmations AS c WHERE c.user_id = users.user_id),
  (SELECT max(sent_at) FROM email_confirmations AS c WHERE c.user_id = users.user_id),
  (SELECT max(expires_at) FROM email_confirmations AS c WHERE c.user_id = users.user_id),
  EXISTS (SELECT 1 FROM emails WHERE emails.user_id = users.user_id AND kind = 'confirmation' AND state = 'pending')`;

export function toConfirmation(row: readonly unknown[], now: number): EmailConfirmation {
  const [contactEmail, confirmedAt, sentAt, expiresAt, queued] = row as [
    string,
    number | null,
    number | null,
    number | null,
    boolean | number,
  ];
  const times = { sentAt, confirmedAt, expiresAt };
  if (confirmedAt !== null) return { contactEmail, state: 'confirmed', ...times };
  const pending = queued || (expiresAt !== null && expiresAt > now);
  return { contactEmail, state: pending ? 'pending' : 'unconfirmed', ...times };
}

/**
 * Whether one more confirmation email would exceed a limit.
 *
 * @param queued when the user's latest confirmation emails were enqueued, newest first, at most
 *   {@link MAX_CONFIRMATIONS_PER_DAY}.
 * @param sent when the latest confirmation emails were sent to the address, of any user, likewise.
 */
export function tooManyEmails(
  { queued, sent }: { queued: readonly number[]; sent: readonly number[] },
  now: number,
): TooManyEmails | undefined {
  const pauseEnd = (queued[0] ?? Number.NEGATIVE_INFINITY) + CONFIRMATION_INTERVAL_MS;
  const dayEnd = (times: readonly number[]) =>
    (times[MAX_CONFIRMATIONS_PER_DAY - 1] ?? Number.NEGATIVE_INFINITY) + DAY_MS;
  const retryAt = Math.max(pauseEnd, dayEnd(queued), dayEnd(sent));
  return retryAt > now ? { retryAt } : undefined;
}
