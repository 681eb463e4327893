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
import { DAY_MS } from './email-limits.ts';

/** Under which name the reader of the change log that queues mails keeps its position. */
export const EMAIL_CONSUMER = 'email';
/** How many entries of the change log it reads at once. */
export const CHANGES_PER_BATCH = 200;
/** How many old mails, or links, are removed at once. */
export const EMAILS_PER_BATCH = 100;

/** A mail as it is queued. */
export interface NewEmail {
  emailId: string;
  kind: EmailKind;
  /** Null where no entry of the change log asks for it. */
  sequence: number | null;
  userId: number;
  taskId: number | null;
}

export function newEmail(kind: EmailKind, { sequence, userId, taskId }: Omit<NewEmail, 'emailId' | 'kind'>): NewEmail {
  return { emailId: randomUUID(), kind, sequence, userId, taskId };
}

/**
 * The mails that entries of the change log ask for. Whoever changed an address several times is asked about the last.
 *
 * @param since which entries count, in milliseconds since the epoch: of those before, the mails would come too late.
 */
export function emailsFor(changes: readonly Change[], kinds: readonly EmailKind[], since: number): NewEmail[] {
  const mails = new Map<string, NewEmail>();
  for (const change of changes) {
    const { sequence, at, userId, taskId } = change;
    const kind = emailKindFor(change);
    if (kind === undefined || userId === null || at < since || !kinds.includes(kind)) continue;
    const about = kind === 'reminder' ? sequence : userId;
    mails.set(`${kind} ${about}`, newEmail(kind, { sequence, userId, taskId }));
  }
  return [...mails.values()];
}

function emailKindFor({ type, before }: Change): EmailKind | undefined {
  if (type === 'task.reminder') return 'reminder';
  if (type === 'user.created') return 'confirmation';
  return type === 'user.updated' && before?.contactEmail !== undefined ? 'confirmation' : undefined;
}

/** The columns that {@link toQueuedEmail} reads. */
export const EMAIL_COLUMNS = 'email_id, kind, user_id, task_id, attempts, created_at';

export function toQueuedEmail(row: readonly unknown[]): ClaimedEmail {
  const [emailId, kind, userId, taskId, attempts, createdAt] = row as [
    string,
    EmailKind,
    number,
    number | null,
    number,
    number,
  ];
  return { emailId, kind, userId, taskId, attempts, createdAt };
}

/** A user's address and the links to it: `?` is the user's id. The adapters add whether a user is visible. */
export const CONFIRMATION_COLUMNS = `contact_email,
  (SELECT min(confirmed_at) FROM email_confirmations AS c WHERE c.user_id = users.user_id),
  (SELECT max(sent_at) FROM email_confirmations AS c WHERE c.user_id = users.user_id),
  (SELECT max(expires_at) FROM email_confirmations AS c WHERE c.user_id = users.user_id),
  EXISTS (SELECT 1 FROM emails WHERE emails.user_id = users.user_id AND kind = 'confirmation' AND state = 'pending')`;

export function toConfirmation(row: readonly unknown[], now: number): EmailConfirmation {
  const [contactEmail, confirmedAt, sentAt, expiresAt, waiting] = row as [
    string,
    number | null,
    number | null,
    number | null,
    boolean | number,
  ];
  const times = { sentAt, confirmedAt, expiresAt };
  if (confirmedAt !== null) return { contactEmail, state: 'confirmed', ...times };
  const pending = waiting || (expiresAt !== null && expiresAt > now);
  return { contactEmail, state: pending ? 'pending' : 'unconfirmed', ...times };
}

/**
 * Whether one more mail with a link is too many.
 *
 * @param queued when the last mails with a link were queued for the user, {@link MAX_CONFIRMATIONS_PER_DAY} at most, the newest
 *   first.
 * @param sent the same of those that were sent to the address, whichever users had it.
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
