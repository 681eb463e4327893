import type { Change, ChangeQuery, EventPage, EventQuery, EventsRemoved } from './changes.ts';
import type {
  EmailConfirmation,
  EmailSend,
  LinkUse,
  MailKind,
  MailOutcome,
  NewConfirmationLink,
  QueuedMail,
  TooManyMails,
} from './emails.ts';
import type { Subject, UserIdentity } from './identities.ts';
import type { Page } from './lists.ts';
import type { ActorOptions, ChangeOptions, Created, CreateOptions, KeyReused, VersionMismatch } from './outcomes.ts';
import type { NewTask, Reminded, Task, TaskChangeOptions, TaskChanges, TaskQuery } from './tasks.ts';
import type { NewToken, Token, TokenQuery, TokenRotation } from './tokens.ts';
import type { EmailTaken, NewUser, NoSuchUser, User, UserChangeOptions, UserChanges, UserQuery } from './users.ts';
import type {
  AttemptResult,
  ClaimedDelivery,
  Delivery,
  DeliveryQuery,
  NewWebhook,
  Webhook,
  WebhookChanges,
  WebhookQuery,
} from './webhooks.ts';

/**
 * The one door to the database, in the words of the domain. Adapters live beside this file; everything else in the
 * program knows only what is declared here.
 *
 * A promise that is fulfilled after a write means that the write is on disk, and with it its entry in the change log.
 * Expected refusals are values ({@link EmailTaken}, {@link NoSuchUser}, {@link KeyReused}, {@link VersionMismatch}); a
 * database that cannot answer now is the error {@link StoreUnavailable}.
 */
export interface Store {
  /** Creates a user under an id that no user ever had, or refuses an address that another user has. */
  createUser(user: NewUser, options: CreateOptions): Promise<Created<User> | typeof EmailTaken | typeof KeyReused>;
  /** The user with this id, or undefined when there is none. */
  getUser(userId: number): Promise<User | undefined>;
  /** One page of users, all from one moment. */
  listUsers(query: UserQuery): Promise<Page<User>>;
  /**
   * Changes what is given and leaves the rest. The whole user afterwards, or undefined when there is none. What changes
   * nothing is no change: the version stays, and the change log has no entry.
   */
  updateUser(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined>;
  /**
   * Removes the user with all tasks and tokens, and every value of theirs from the change log, for every observer at
   * once. The address is free from then on. False when there is no such user.
   */
  deleteUser(userId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch>;

  /** The user with an address, and whether a subject may act as the user; undefined when there is none. */
  findIdentity(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined>;
  /** Has the user with an address belong to a subject, if the user is `free`. As {@link findIdentity} afterwards. */
  bindIdentity(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined>;

  /** Creates a task under an id that no task ever had. */
  createTask(task: NewTask, options: CreateOptions): Promise<Created<Task> | typeof NoSuchUser | typeof KeyReused>;
  /** The task with this id, or undefined when there is none. */
  getTask(taskId: number): Promise<Task | undefined>;
  /** One page of tasks, all from one moment. */
  listTasks(query: TaskQuery): Promise<Page<Task>>;
  /** As {@link updateUser}. `NoSuchUser` when the task is to go to a user who does not exist. */
  updateTask(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined>;
  /** False when there is no such task. */
  deleteTask(taskId: number, options: TaskChangeOptions): Promise<boolean | typeof VersionMismatch>;

  /** Records a token. `NoSuchUser` when it is to be bound to a user who does not exist. */
  createToken(token: NewToken, options: CreateOptions): Promise<Created<Token> | typeof NoSuchUser | typeof KeyReused>;
  /** The token with this id, revoked and expired ones included, or undefined when there is none. */
  getToken(tokenId: number): Promise<Token | undefined>;
  /** One page of tokens, revoked and expired ones included. */
  listTokens(query: TokenQuery): Promise<Page<Token>>;
  /** Gives a token another secret. False when no unrevoked token has this id. */
  rotateToken(tokenId: number, rotation: TokenRotation, options: ActorOptions): Promise<boolean>;
  /** Revokes a token for good. False when no unrevoked token has this id. */
  revokeToken(tokenId: number, options: ActorOptions): Promise<boolean>;
  /** Notes that a token was used now, unless that was noted within {@link TOKEN_USE_PRECISION}. */
  noteTokenUse(tokenId: number): Promise<void>;

  /** Creates a webhook, which gets the events that come in the change log behind this. */
  createWebhook(webhook: NewWebhook, options: CreateOptions): Promise<Created<Webhook> | typeof KeyReused>;
  /** The webhook with this id, or undefined when there is none. */
  getWebhook(webhookId: number): Promise<Webhook | undefined>;
  /** One page of webhooks, all from one moment. */
  listWebhooks(query: WebhookQuery): Promise<Page<Webhook>>;
  /** As {@link updateUser}. */
  updateWebhook(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Promise<Webhook | typeof VersionMismatch | undefined>;
  /** False when there is no such webhook. Nothing is sent to it from then on. */
  deleteWebhook(webhookId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch>;
  /** Gives a webhook another secret. The webhook afterwards, or undefined when there is none with this id. */
  rotateWebhook(webhookId: number, rotation: WebhookRotation, options: ActorOptions): Promise<Webhook | undefined>;
  /** Erases the previous secrets of rotated webhooks once their overlap has ended. */
  pruneWebhookSecrets(): Promise<void>;
  /**
   * Adds a test event to the change log, with one delivery: to this webhook. It waits for no other delivery. Undefined when
   * there is no webhook with this id.
   */
  testWebhook(webhookId: number, options: ActorOptions): Promise<Delivery | undefined>;

  /**
   * Makes deliveries of some of the events that no webhook has a delivery of yet. Several processes may do so: each event
   * and webhook gets one delivery. False when no more are left; also while another process is at it.
   */
  queueDeliveries(): Promise<boolean>;
  /** The enabled webhooks that have deliveries whose time has come. */
  dueWebhooks(): Promise<number[]>;
  /**
   * Takes deliveries of an enabled webhook whose time has come, for `lease` milliseconds: nobody else is given them until
   * then, or until {@link noteAttempt} says how it went. Those of one resource are given out one after another, in order.
   */
  claimDeliveries(webhookId: number, limit: number, lease: number): Promise<ClaimedDelivery[]>;
  /**
   * Notes how an attempt went. When the delivery is not pending any longer the next of the same resource has its time.
   * Does nothing when the lease has ended and the delivery was given out again.
   *
   * @returns what it means for the webhook, when its attempt before ended otherwise; several processes are told once.
   */
  noteAttempt(
    delivery: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: AttemptResult,
  ): Promise<WebhookHealthChange | undefined>;
  /** One page of the deliveries of a webhook, all from one moment. */
  listDeliveries(query: DeliveryQuery): Promise<Page<Delivery>>;
  /** A delivery of a webhook with its last attempts, the newest last. Undefined when the webhook has no such delivery. */
  getDelivery(webhookId: number, deliveryId: number): Promise<DeliveryDetails | undefined>;
  /** Has a delivery sent again, or now. Undefined when the webhook has no such delivery. */
  redeliver(webhookId: number, deliveryId: number): Promise<Delivery | undefined>;
  /**
   * Removes some of the deliveries whose events are older than an instant (milliseconds since the epoch), a number that
   * takes some milliseconds. False when there was none.
   */
  removeOldDeliveries(before: number): Promise<boolean>;

  /** One page of the change log, all from one moment. */
  listChanges(query: ChangeQuery): Promise<Page<Change>>;
  /**
   * What comes in the change log behind a sequence number, in order. Whoever goes on from where the last page ended
   * misses nothing and sees nothing twice, whatever transactions are under way meanwhile.
   */
  readEvents(query: EventQuery): Promise<EventPage | typeof EventsRemoved>;
  /** The sequence number behind which a reader goes on who wants only what is new. */
  newestSequence(): Promise<number>;
  /**
   * Removes some of the entries of the change log that are older than an instant (milliseconds since the epoch), a
   * number that takes some milliseconds. False when there was none.
   */
  removeOldChanges(before: number): Promise<boolean>;

  /**
   * Reminds of some of the tasks whose time has come, the earliest first, a number that takes some milliseconds: each has
   * an entry in the change log, of type `task.reminder`, and is not reminded of again until it is planned anew. Whatever
   * processes do so at the same time, each task is reminded of by one. When: see `reminder-plan.ts`.
   */
  remind(): Promise<Reminded>;

  /**
   * Queues the mails that the next entries of the change log ask for. Each is queued once, however many processes do
   * so; none for an entry older than {@link MAIL_LIFETIME}, nor more than {@link CONFIRMATIONS_A_DAY} confirmations a
   * user. Returns whether there may be more entries.
   *
   * @param kinds which are sent at all; the entries that ask for others are passed over.
   */
  queueMails(kinds: readonly MailKind[]): Promise<boolean>;
  /** Begins an attempt at some of the mails that are due: nobody else does for {@link MAIL_LEASE}. */
  claimMails(limit: number): Promise<QueuedMail[]>;
  /**
   * Records that an email is about to be sent. False, with nothing recorded, when there were too many: more than
   * {@link MAX_REMINDERS_PER_TASK_HOUR}, {@link MAX_REMINDERS_PER_ADDRESS_DAY} or, of confirmations to one address,
   * {@link CONFIRMATIONS_A_DAY}. Another attempt to send the same email to the same address does not count again.
   */
  recordEmailSend(send: EmailSend): Promise<boolean>;
  /** Notes what came of an attempt. Nothing where that one counts as lost and another has been begun. */
  settleMail(mail: Pick<QueuedMail, 'mailId' | 'attempts'>, outcome: MailOutcome): Promise<void>;
  /**
   * Removes some of the mails that are settled, {@link MAIL_LIFETIME} after they were queued, of the links that expired
   * {@link EXPIRED_LINK_LIFETIME} ago, and of the records of emails sent more than a day ago. False when none was left.
   */
  forgetOldMails(): Promise<boolean>;

  /** Whether the user's address is confirmed, or undefined when there is no such user. */
  getEmailConfirmation(userId: number): Promise<EmailConfirmation | undefined>;
  /**
   * Queues a mail with a link that confirms the user's address, unless it is confirmed. As {@link getEmailConfirmation}
   * afterwards, or {@link TooManyMails} when the user or the address was sent too many.
   */
  requestEmailConfirmation(userId: number): Promise<EmailConfirmation | TooManyMails | undefined>;
  /**
   * Makes a link good for {@link LINK_LIFETIME}. False, with nothing done, when the user has gone or has another
   * address than this one.
   */
  addConfirmationLink(link: NewConfirmationLink): Promise<boolean>;
  /** Confirms the address of the user whom a link was sent to. */
  confirmEmail(tokenHash: Uint8Array): Promise<LinkUse>;

  /**
   * Forgets some of the idempotency keys that are older than {@link KEY_LIFETIME}, a number that takes some
   * milliseconds. False when none was left.
   */
  forgetOldKeys(): Promise<boolean>;

  /** Fulfilled when the database answers. */
  ping(): Promise<void>;
  /** Waits for the writes under way and closes the database. */
  close(): Promise<void>;
}

/** What the change log records (contract of the events that are made of it: the first part is the resource). */
export const CHANGE_TYPES = [
  'user.created',
  'user.updated',
  'user.deleted',
  'identity.bound',
  'task.created',
  'task.updated',
  'task.completed',
  'task.reminder',
  'task.deleted',
  'token.created',
  'token.rotated',
  'token.revoked',
  'webhook.created',
  'webhook.updated',
  'webhook.rotated',
  'webhook.test',
  'webhook.deleted',
] as const;

/** A new secret for a webhook. */
export interface WebhookRotation {
  /** Encrypted. */
  secret: Uint8Array;
  /** Until when deliveries are signed with the secret before it too, in milliseconds since the epoch. */
  previousValidUntil: number;
}

/** The first failed attempt at a webhook, or the first success after failures. */
export type WebhookHealthChange = 'failing' | 'recovered';

/** An attempt at which the event was sent. */
export interface SentAttempt {
  /** When it began, in milliseconds since the epoch. */
  at: number;
  durationMs: number;
  /** The beginning of the response's body, as text; null for none. Not kept when the user does not exist any more. */
  response: string | null;
  /** Whose data the event has; null for nobody's. */
  userId: number | null;
}

/** An attempt that is kept with its delivery. */
export interface Attempt extends Omit<SentAttempt, 'userId'> {
  /** The HTTP status of the response; null when there was none. */
  status: number | null;
  /** Why it was no success; null for a success. */
  error: string | null;
}

/** How many attempts are kept with a delivery: the last ones. */
export const MAX_ATTEMPTS_KEPT = 20;

export interface DeliveryDetails {
  delivery: Delivery;
  attempts: Attempt[];
}
