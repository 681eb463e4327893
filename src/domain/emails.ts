/** Why an email is sent: a task is due soon, or an address is to be confirmed. */
export type EmailKind = 'reminder' | 'confirmation';

/** An email that was claimed, to be sent now. */
export interface ClaimedEmail {
  /** A UUID. */
  emailId: string;
  kind: EmailKind;
  /** The recipient. */
  userId: number;
  /** The task of a reminder; null for other kinds. */
  taskId: number | null;
  /** The number of attempts, including this one. */
  attempts: number;
  /** When it was enqueued, in milliseconds since the epoch. */
  createdAt: number;
  /** The `traceparent` of the request that caused it, or null. */
  traceparent: string | null;
}

/**
 * The result of an attempt: the SMTP server accepted the email; it is no longer needed; all retries failed; or it will be
 * retried. Times are milliseconds since the epoch.
 */
export type EmailAttemptResult =
  | { state: 'delivered'; tokenHash?: Uint8Array | undefined }
  | { state: 'cancelled' | 'failed' }
  | { state: 'pending'; nextAttemptAt: number };

/** An email that is about to be sent. */
export interface EmailSend extends Pick<ClaimedEmail, 'emailId' | 'kind' | 'taskId'> {
  /** The key of its recipient's address: see `NewUser`. */
  contactEmailKey: string;
}

/**
 * The maximum number of reminders of one task within an hour. A task has one reminder each time that it is scheduled; a
 * caller that reschedules it more often does not read the emails.
 */
export const MAX_REMINDERS_PER_TASK_HOUR = 4;

/**
 * The maximum number of reminders to one address within 24 hours, of any tasks and users: more than a person with many
 * tasks reads in a day, too few to flood the inbox of a stranger whose address was entered.
 */
export const MAX_REMINDERS_PER_ADDRESS_DAY = 100;

/** How long an email is retried, in milliseconds. */
export const EMAIL_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** After this many milliseconds, an attempt without a result is considered lost and may be claimed again. */
export const EMAIL_LEASE_MS = 5 * 60_000;

/** Whether an address is confirmed. Times are milliseconds since the epoch, or null. */
export interface EmailConfirmation {
  contactEmail: string;
  /** Pending while a link is valid or about to be sent; unconfirmed if none was sent or the last one has expired. */
  state: 'confirmed' | 'pending' | 'unconfirmed';
  /** When the last link was sent. */
  sentAt: number | null;
  confirmedAt: number | null;
  /** When the last link expires, or expired. */
  expiresAt: number | null;
}

/** The user requested too many confirmation emails. */
export interface TooManyEmails {
  /** When the next request is allowed, in milliseconds since the epoch. */
  retryAt: number;
}

/** The maximum number of confirmation emails within 24 hours, to one user and to one address. */
export const MAX_CONFIRMATIONS_PER_DAY = 5;

/** The minimum time between two requests for a confirmation email, in milliseconds. */
export const CONFIRMATION_INTERVAL_MS = 60_000;

/** How long a confirmation link is valid, in milliseconds. */
export const LINK_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** How long an expired link is kept, in milliseconds: until then it is reported as expired, afterwards as unknown. */
export const EXPIRED_LINK_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** A confirmation link to store. */
export interface NewConfirmationLink {
  /** SHA-256 of the secret in the link. The secret itself is never stored. */
  tokenHash: Uint8Array;
  userId: number;
  /** The address that it is sent to. */
  contactEmail: string;
}

/** The result of opening a link: `used` if the address was already confirmed. */
export type LinkUse = 'confirmed' | 'used' | 'expired' | 'unknown';

/** The queue of emails, and the confirmation of addresses. */
export interface EmailRepository {
  /**
   * Enqueues the emails for a batch of new entries of the change log. If several processes do this at once, each email
   * is enqueued once. Entries older than {@link EMAIL_LIFETIME_MS} are skipped, and so are confirmations beyond
   * {@link MAX_CONFIRMATIONS_PER_DAY} a user. Returns whether there may be more entries.
   *
   * @param kinds the kinds to enqueue; entries for other kinds are skipped.
   */
  enqueue(kinds: readonly EmailKind[]): Promise<boolean>;
  /** Claims due emails for {@link EMAIL_LEASE_MS}: no other process gets them until then. */
  claim(limit: number): Promise<ClaimedEmail[]>;
  /**
   * Records that an email is about to be sent. False, with nothing recorded, if that would exceed
   * {@link MAX_REMINDERS_PER_TASK_HOUR}, {@link MAX_REMINDERS_PER_ADDRESS_DAY} or, for confirmations to one address,
   * {@link MAX_CONFIRMATIONS_PER_DAY}. A retry to the same address does not count again.
   */
  recordSend(send: EmailSend): Promise<boolean>;
  /** Records the result of an attempt. Does nothing if the lease has ended and the email was claimed again. */
  recordAttempt(email: Pick<ClaimedEmail, 'emailId' | 'attempts'>, outcome: EmailAttemptResult): Promise<void>;
  /**
   * Prunes a batch of emails that are not pending, {@link EMAIL_LIFETIME_MS} after they were enqueued, of links that
   * expired {@link EXPIRED_LINK_RETENTION_MS} ago, and of sends recorded more than a day ago. False if there was none.
   */
  prune(): Promise<boolean>;

  /** Whether the user's address is confirmed, or undefined if there is no such user. */
  getConfirmation(userId: number): Promise<EmailConfirmation | undefined>;
  /**
   * Enqueues an email with a confirmation link, unless the address is confirmed. Returns the confirmation, or
   * {@link TooManyEmails}.
   *
   * @param traceparent of the request.
   */
  requestConfirmation(userId: number, traceparent?: string): Promise<EmailConfirmation | TooManyEmails | undefined>;
  /** Stores a link, valid for {@link LINK_LIFETIME_MS}. False if the user is gone or has another address now. */
  addConfirmationLink(link: NewConfirmationLink): Promise<boolean>;
  /** Confirms the address that the link was sent to. */
  confirm(tokenHash: Uint8Array): Promise<LinkUse>;
}
