/** Why a mail is sent: a task is due soon, or an address is to be confirmed. */
export type MailKind = 'reminder' | 'confirmation';

/** A mail whose attempt has begun. */
export interface QueuedMail {
  /** A UUID. */
  mailId: string;
  kind: MailKind;
  /** Whom it is to. */
  userId: number;
  /** What a reminder is of; null for others. */
  taskId: number | null;
  /** How many attempts there have been, this one included. */
  attempts: number;
  /** When it was queued, in milliseconds since the epoch. */
  createdAt: number;
}

/** An email that is about to be sent. */
export interface EmailSend extends Pick<QueuedMail, 'mailId' | 'kind' | 'taskId'> {
  /** The key of the address that it goes to: see {@link NewUser.contactEmailKey}. */
  contactEmailKey: string;
}

/**
 * How many reminders of one task are sent within an hour. A task has one reminder each time that it is planned; whoever
 * replans it more often than this is not reading the emails.
 */
export const MAX_REMINDERS_PER_TASK_HOUR = 4;

/**
 * How many reminders one address is sent within 24 hours, whichever tasks and users they are of: more than a person with
 * many tasks reads in a day, too few to flood the inbox of a stranger whose address somebody entered.
 */
export const MAX_REMINDERS_PER_ADDRESS_DAY = 100;

/**
 * What comes of an attempt: a mail server took it; it need not be sent any more; it is given up; or it is to be tried
 * again (milliseconds since the epoch).
 */
export type MailOutcome =
  | { state: 'sent'; tokenHash?: Uint8Array | undefined }
  | { state: 'dropped' | 'failed' }
  | { state: 'waiting'; nextAttemptAt: number };

/** For how long a mail is tried to be sent, in milliseconds. */
export const MAIL_LIFETIME = 24 * 60 * 60 * 1000;

/** After how many milliseconds an attempt of which nothing is heard counts as lost, with the process that made it. */
export const MAIL_LEASE = 5 * 60_000;

/** Whether an address is confirmed. Instants are milliseconds since the epoch, or null where there was none. */
export interface EmailConfirmation {
  contactEmail: string;
  /** Pending while a link is good or about to be sent; unconfirmed when none was sent or the last has expired. */
  state: 'confirmed' | 'pending' | 'unconfirmed';
  /** When the last link was sent. */
  sentAt: number | null;
  confirmedAt: number | null;
  /** Until when the last link is good, or was. */
  expiresAt: number | null;
}

/** Too many links were asked for. */
export interface TooManyMails {
  /** When one more may be, in milliseconds since the epoch. */
  retryAt: number;
}

/** How many mails with a link a user is sent within 24 hours, and an address, whatever asks for them. */
export const CONFIRMATIONS_A_DAY = 5;

/** How long after the last one another may be asked for, in milliseconds. */
export const CONFIRMATION_PAUSE = 60_000;

/** For how long a link is good, in milliseconds. */
export const LINK_LIFETIME = 24 * 60 * 60 * 1000;

/** For how long a link that has expired is still told from one that never was, in milliseconds. */
export const EXPIRED_LINK_LIFETIME = 30 * 24 * 60 * 60 * 1000;

/** A link that confirms an address. */
export interface NewConfirmationLink {
  /** SHA-256 of the secret in the link; the secret itself is never stored. */
  tokenHash: Uint8Array;
  userId: number;
  /** The address that it is sent to. */
  contactEmail: string;
}

/** What using a link came to: `used` where the address was confirmed before. */
export type LinkUse = 'confirmed' | 'used' | 'expired' | 'unknown';
