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

/** Who makes a change, as the change log names it. */
export interface ActorOptions {
  /** The id of a token, `jwt:…` for somebody an identity provider vouches for, {@link COMMAND_LINE}, {@link SERVICE}. */
  actor: string;
}

/** The actor of what an operator does on the command line. */
export const COMMAND_LINE = 'command-line';

/** The actor of what the service does by itself. */
export const SERVICE = 'service';

/** How something is created. */
export interface CreateOptions extends ActorOptions {
  /** When it is there, the same key creates one thing: whoever brings it again is given what was created at first. */
  once?: IdempotencyKey | undefined;
}

/** What tells a repeated request from another one. Both are 32 bytes. */
export interface IdempotencyKey {
  /** Digest of the token, the operation, and the key that the client chose. */
  key: Uint8Array;
  /** Digest of the request's body: with another one the key is refused with {@link KeyReused}. */
  requestHash: Uint8Array;
}

/** For how long an idempotency key is remembered, in milliseconds. */
export const KEY_LIFETIME = 24 * 60 * 60 * 1000;

/** What was created, now or when the idempotency key was first brought. */
export interface Created<T> {
  item: T;
  replayed: boolean;
}

/** How something is changed or deleted. */
export interface ChangeOptions extends ActorOptions {
  /** Only while it has one of these versions; otherwise {@link VersionMismatch}. */
  versions?: readonly number[] | undefined;
}

export interface UserChangeOptions extends ChangeOptions {
  /**
   * Whether a token of the user makes the change. A new address then proves nothing: the user belongs to the same subject
   * as before, or from then on to none. Otherwise the user belongs to whatever subject uses the new address first.
   */
  byUser?: boolean | undefined;
}

export interface TaskChangeOptions extends ChangeOptions {
  /** Only while it belongs to this user: otherwise it counts as not there. */
  ownerId?: number | undefined;
}

export interface User {
  userId: number;
  firstName: string;
  lastName: string;
  /** The address as it was sent. */
  contactEmail: string;
  /** Grows by one with every change. */
  version: number;
}

export interface NewUser extends Omit<User, 'userId' | 'version'> {
  /** What makes two addresses the same user: see `emailKey` in `users/email.ts`. */
  contactEmailKey: string;
}

/** What is to change; an address always together with its key. */
export type UserChanges = Partial<NewUser>;

/** Somebody whom an identity provider vouches for. */
export interface Subject {
  /** The provider, as the `iss` of its JWTs. */
  issuer: string;
  /** A digest of `iss` and `sub`, as the log and the audit name it. */
  subject: string;
}

/** The user with an address, as seen by a subject that uses it. */
export interface UserIdentity {
  userId: number;
  /**
   * Whether the user belongs to the subject (`own`), to none (`free`), to another one of the same issuer, or may come to
   * belong to none, since a token of the user has set the address. A subject of a former issuer counts as none.
   */
  belongsTo: 'own' | 'free' | 'other-subject' | 'set-by-user';
  /** Whether the present address is confirmed. */
  confirmed: boolean;
}

/** The statuses of a task (contract, section 1). Each may follow each. */
export const TASK_STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export interface Task {
  taskId: number;
  /** The owner. */
  userId: number;
  taskTitle: string;
  taskDescription?: string;
  taskStatus: TaskStatus;
  /** As it was sent, with a zone in any case. */
  dueDate: string;
  /** Minutes before `dueDate`. */
  warningOffset: number;
  /** Grows by one with every change. */
  version: number;
}

export interface NewTask extends Omit<Task, 'taskId' | 'taskDescription' | 'version'> {
  /** Null for none. */
  taskDescription: string | null;
  /** The instant of `dueDate`, in microseconds since the epoch. */
  dueAt: bigint;
}

/** What is to change; a due date always together with its instant. */
export type TaskChanges = Partial<NewTask>;

/** What to list. */
export interface ListQuery<Filter, Field extends string> {
  filter: Filter;
  /** Ends with the resource's id, so that no two rows are in the same place. */
  sort: SortKey<Field>[];
  /** Where the page begins: after so many rows, or after a place of this list, which need not be a row's any more. */
  from: { offset: number } | { after: SortValue[] };
  /** How many rows at most. */
  limit: number;
  /** Whether to count the rows of all pages. */
  count: boolean;
  /**
   * Which token asks. Few long lists of one token are read at a time; too many are rejected with
   * {@link StoreUnavailable}, as is a list that takes too long. Undefined for the service itself, which is not limited.
   */
  caller?: number | string | undefined;
}

export interface SortKey<Field extends string> {
  field: Field;
  descending: boolean;
}

/** What rows are compared by: text by code point, a due date by its instant in microseconds. */
export type SortValue = string | number | bigint;

export interface Page<T> {
  items: T[];
  /** Whether there are rows behind these. */
  more: boolean;
  /** How many rows all pages have, if that was asked. */
  total?: number;
}

export interface UserFilter {
  /** Only this user. */
  userId?: number;
  contactEmailKey?: string;
  /** Created or changed at or after this instant, in milliseconds since the epoch. */
  updatedSince?: number;
}
export type UserSortField = 'userId' | 'firstName' | 'lastName' | 'contactEmail';
export type UserQuery = ListQuery<UserFilter, UserSortField>;

export interface TaskFilter {
  /** The owner. */
  userId?: number;
  taskStatus?: TaskStatus;
  /** As in {@link UserFilter}. */
  updatedSince?: number;
}
export type TaskSortField = 'taskId' | 'userId' | 'taskTitle' | 'taskStatus' | 'dueDate' | 'warningOffset';
export type TaskQuery = ListQuery<TaskFilter, TaskSortField>;

/** What a bearer token may do (contract, section 5). */
export type Scope = 'users:read' | 'users:write' | 'tasks:read' | 'tasks:write' | 'admin';

export interface Token extends NewToken {
  tokenId: number;
  /** When it was revoked, or null while it is not. */
  revokedAt: number | null;
  /** When it was used, to {@link TOKEN_USE_PRECISION}, or null for never. */
  lastUsedAt: number | null;
  /** The secret before the last rotation, and until when it is accepted still; null where there is none. */
  previousSecret: { hash: Uint8Array; validUntil: number } | null;
}

/** A token as it is stored. Instants are milliseconds since the epoch. */
export interface NewToken {
  /** What the operator calls it. */
  name: string;
  /** SHA-256 of the secret part; the secret itself is never stored. */
  secretHash: Uint8Array;
  scopes: Scope[];
  /** Which of the configured rate limits applies. */
  plan: string;
  /** The user it is bound to, or null for a service token. */
  userId: number | null;
  createdAt: number;
  /** From when on it is refused, or null for never. */
  expiresAt: number | null;
}

/** A new secret for a token. */
export interface TokenRotation {
  secretHash: Uint8Array;
  /** Until when the secret before it is accepted still, in milliseconds since the epoch. */
  previousValidUntil: number;
}

/** How exactly the last use of a token is noted, in milliseconds. */
export const TOKEN_USE_PRECISION = 60_000;

export type TokenQuery = ListQuery<object, 'tokenId'>;

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
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** An entry of the change log. */
export interface Change {
  /** Grows with every change; gaps are allowed. */
  sequence: number;
  type: ChangeType;
  /** Milliseconds since the epoch. */
  at: number;
  /** See {@link ActorOptions}. */
  actor: string;
  /** The user that was changed, or who owns the task or token that was; null for a token of a service. */
  userId: number | null;
  taskId: number | null;
  tokenId: number | null;
  /** The fields that are different now, as they were; null where there are none, and once they are erased. */
  before: Values | null;
  /** The whole resource as it is from then on; null when it was deleted, and once the values are erased. */
  after: Values | null;
}

/** Fields of a resource, as responses show them. */
export type Values = Record<string, unknown>;

/** How many tasks were reminded of, and how. */
export interface Reminded {
  /** All that have an entry in the change log. */
  reminded: number;
  /** Those of them that were reminded of a minute or more after their time: the entry has `late: true` in `after`. */
  late: number;
  /** Those that were missed for a day, and so have no entry. */
  dropped: number;
  /** Whether there may be more. */
  more: boolean;
}

export interface ChangeFilter {
  /** Of a user, their tasks and their tokens. */
  userId?: number;
  taskId?: number;
}
export type ChangeQuery = ListQuery<ChangeFilter, 'sequence'>;

export interface EventQuery {
  /** The sequence number of the last entry that was read; 0 for none. */
  after: number;
  /** How many entries at most. */
  limit: number;
  /** Only of this user, their tasks and their tokens. */
  userId?: number | undefined;
}

export interface EventPage {
  changes: Change[];
  /** Up to which sequence number this is all there is. */
  upTo: number;
  /** Whether there may be more behind it already. */
  more: boolean;
}

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

/** Where events are sent to. Instants are milliseconds since the epoch. */
export interface Webhook extends NewWebhook {
  webhookId: number;
  createdAt: number;
  /** The secret before the last rotation, encrypted, and until when deliveries are signed with it too; null for none. */
  previousSecret: { secret: Uint8Array; validUntil: number } | null;
  /** When an attempt last succeeded, and when one last failed; null for never. */
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  /** Grows by one with every change. */
  version: number;
}

export interface NewWebhook {
  url: string;
  /** The types of the events that it gets. */
  events: string[];
  /** Null for none. */
  description: string | null;
  /** Whether anything is sent now. What is not is kept for later. */
  enabled: boolean;
  /** What deliveries are signed with, encrypted. */
  secret: Uint8Array;
}

/** A new secret for a webhook. */
export interface WebhookRotation {
  /** Encrypted. */
  secret: Uint8Array;
  /** Until when deliveries are signed with the secret before it too, in milliseconds since the epoch. */
  previousValidUntil: number;
}

/** The first failed attempt at a webhook, or the first success after failures. */
export type WebhookHealthChange = 'failing' | 'recovered';

export type WebhookChanges = Partial<Omit<NewWebhook, 'secret'>>;
export type WebhookQuery = ListQuery<object, 'webhookId'>;

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook. Instants are milliseconds since the epoch. */
export interface Delivery {
  deliveryId: number;
  webhookId: number;
  /** The event's. */
  sequence: number;
  type: string;
  /** `failed` when it is given up. */
  state: DeliveryState;
  /** How often it was tried, the attempt under way included; anew once it is to be sent again. */
  attempts: number;
  firstAttemptAt: number | null;
  /** Null once it is not pending, and while an earlier event of the same resource is. */
  nextAttemptAt: number | null;
  deliveredAt: number | null;
  /** The HTTP status of the last answer; null where there was none. */
  lastStatus: number | null;
  /** Why the last attempt was no success. */
  lastError: string | null;
}

/** A delivery to be sent now. */
export interface ClaimedDelivery {
  delivery: Delivery & { firstAttemptAt: number };
  webhook: Webhook;
  /** What to send, or undefined when the change log has it no longer. */
  change: Change | undefined;
}

export interface AttemptResult {
  /** `pending` when it is to be tried again. */
  state: DeliveryState;
  status: number | null;
  error: string | null;
  /** Null unless it is pending. */
  nextAttemptAt: number | null;
  /** The attempt; null when nothing was sent. */
  attempt: SentAttempt | null;
}

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

export interface DeliveryFilter {
  webhookId: number;
  state?: DeliveryState;
}
export type DeliveryQuery = ListQuery<DeliveryFilter, 'deliveryId'>;

/** Another user has this address. */
export const EmailTaken = Symbol('EmailTaken');

/** The user who is referred to does not exist. */
export const NoSuchUser = Symbol('NoSuchUser');

/** The idempotency key was brought before, with another request. */
export const KeyReused = Symbol('KeyReused');

/** Entries that the reader has not seen were removed because of their age. */
export const EventsRemoved = Symbol('EventsRemoved');

/** It has been changed: its version is none of those that were asked for. */
export const VersionMismatch = Symbol('VersionMismatch');

/** The database cannot answer now: locked, full, away, or too many writes are waiting. Trying again later may help. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The database is available, but too many requests of this kind wait, or this one takes too long. */
export class StoreBusy extends StoreUnavailable {
  override name = 'StoreBusy';
}

/** The database cannot be used at all: not a database, somebody else's, newer than this program, no permission. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable';
}
