import type { Change, ChangeFilter, ChangeQuery, EventPage, EventQuery, EventsRemoved } from '../../domain/changes.ts';
import type {
  EmailConfirmation,
  EmailSend,
  LinkUse,
  MailKind,
  MailOutcome,
  NewConfirmationLink,
  QueuedMail,
  TooManyMails,
} from '../../domain/emails.ts';
import type { Subject, UserIdentity } from '../../domain/identities.ts';
import type { Page } from '../../domain/lists.ts';
import type {
  ActorOptions,
  ChangeOptions,
  Created,
  CreateOptions,
  KeyReused,
  VersionMismatch,
} from '../../domain/outcomes.ts';
import type { DeliveryDetails, Store, WebhookHealthChange, WebhookRotation } from '../../domain/store.ts';
import type {
  NewTask,
  Reminded,
  Task,
  TaskChangeOptions,
  TaskChanges,
  TaskFilter,
  TaskQuery,
  TaskSortField,
} from '../../domain/tasks.ts';
import type { NewToken, Token, TokenQuery, TokenRotation } from '../../domain/tokens.ts';
import type {
  EmailTaken,
  NewUser,
  NoSuchUser,
  User,
  UserChangeOptions,
  UserChanges,
  UserFilter,
  UserQuery,
  UserSortField,
} from '../../domain/users.ts';
import type {
  AttemptResult,
  ClaimedDelivery,
  Delivery,
  DeliveryQuery,
  NewWebhook,
  Webhook,
  WebhookChanges,
  WebhookQuery,
} from '../../domain/webhooks.ts';
import { CHANGE_LIST, restoreItem, toChange } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import type { ListTable } from '../sql/list-sql.ts';
import { TASK_LIST, toTask } from '../sql/task-rows.ts';
import { TOKEN_LIST, toToken } from '../sql/token-rows.ts';
import { toUser, USER_LIST } from '../sql/user-rows.ts';
import { DELIVERY_LIST, toDelivery, toWebhook, WEBHOOK_LIST } from '../sql/webhook-rows.ts';
import { Batches } from './batches.ts';
import { EventReader, removeOldChanges } from './consumers.ts';
import { Database, type Queryable } from './database.ts';
import {
  claimDeliveries,
  dueWebhooks,
  getDelivery,
  noteAttempt,
  queueDeliveries,
  redeliver,
  removeOldDeliveries,
  testWebhook,
} from './deliveries.ts';
import { recordEmailSend } from './email-sends.ts';
import {
  claimMails,
  confirmEmail,
  forgetOldMails,
  insertLink,
  queueMails,
  requestConfirmation,
  selectConfirmation,
  settleMail,
} from './emails.ts';
import { forgetOldKeys, insertOnce, type Keyed } from './idempotency-keys.ts';
import { bindIdentity, findIdentity } from './identities.ts';
import { ListReader } from './lists.ts';
import { migrate } from './migrate.ts';
import { deleteTask, insertTasks, remind, selectTask, type TaskInput, updateTask } from './tasks.ts';
import { insertToken, noteTokenUse, revokeToken, rotateToken, selectToken } from './tokens.ts';
import { deleteUser, insertUsers, selectUser, type UserInput, updateUser } from './users.ts';
import {
  createWebhook,
  deleteWebhook,
  pruneWebhookSecrets,
  rotateWebhook,
  selectWebhook,
  updateWebhook,
} from './webhooks.ts';

export interface PostgresStoreOptions {
  /** As `postgres://user:password@host:port/database`. */
  url: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Told of connections that fail while nobody uses them. */
  onError: (error: Error) => void;
}

const BATCHES = { maxWaiting: 8192, maxBatch: 256, maxUnderWay: 2 };

/** How many entries of the change log are removed at once. */
const CHANGES_AT_ONCE = 1_000;

/** How many tasks are reminded of at once. */
const REMINDERS_AT_ONCE = 500;

const USERS: ListTable<UserFilter, UserSortField> = { ...USER_LIST, visible: 'true' };
const TASKS: ListTable<TaskFilter, TaskSortField> = { ...TASK_LIST, visible: 'true' };
const CHANGES: ListTable<ChangeFilter, 'sequence'> = { ...CHANGE_LIST, visible: 'true' };

/**
 * Connects, and brings the database to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, when the database cannot be reached or used.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  await migrate(options.url);
  return new PostgresStore(options);
}

/** Everything in a PostgreSQL database, which any number of processes may share. */
export class PostgresStore implements Store {
  readonly #db: Database;
  readonly #clock: () => number;
  readonly #lists: ListReader;
  readonly #events: EventReader;
  readonly #newUsers: Batches<UserInput, Inserted<User> | typeof EmailTaken>;
  readonly #newTasks: Batches<TaskInput, Inserted<Task> | typeof NoSuchUser>;
  /** Apart from the others: whoever brings a key may have to wait for another who brought it. */
  readonly #keyedUsers: Batches<Keyed<UserInput>, Created<User> | typeof EmailTaken | typeof KeyReused>;
  readonly #keyedTasks: Batches<Keyed<TaskInput>, Created<Task> | typeof NoSuchUser | typeof KeyReused>;

  constructor({ url, clock, onError }: PostgresStoreOptions) {
    this.#db = new Database(url, onError);
    this.#clock = clock;
    this.#lists = new ListReader(this.#db, url, onError);
    this.#events = new EventReader(this.#db);
    const newUsers = (client: Queryable, inputs: UserInput[]) => insertUsers(client, inputs, clock());
    const newTasks = (client: Queryable, inputs: TaskInput[]) => insertTasks(client, inputs, clock());
    this.#newUsers = new Batches((inputs) => newUsers(this.#db, inputs), BATCHES);
    this.#newTasks = new Batches((inputs) => newTasks(this.#db, inputs), BATCHES);
    this.#keyedUsers = new Batches(
      (inputs) => insertOnce(this.#db, inputs, clock(), newUsers, (_, change) => restoreItem<User>(change)),
      BATCHES,
    );
    this.#keyedTasks = new Batches(
      (inputs) => insertOnce(this.#db, inputs, clock(), newTasks, (_, change) => restoreItem<Task>(change)),
      BATCHES,
    );
  }

  createUser(
    user: NewUser,
    { actor, once }: CreateOptions,
  ): Promise<Created<User> | typeof EmailTaken | typeof KeyReused> {
    const input = { user, actor };
    return once === undefined ? this.#newUsers.add(input) : this.#keyedUsers.add({ input, once });
  }

  getUser(userId: number): Promise<User | undefined> {
    return selectUser(this.#db, userId);
  }

  listUsers(query: UserQuery): Promise<Page<User>> {
    return this.#lists.read(USERS, toUser, query);
  }

  updateUser(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined> {
    return updateUser(this.#db, userId, changes, options, this.#clock());
  }

  deleteUser(userId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return deleteUser(this.#db, userId, options, this.#clock());
  }

  findIdentity(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return findIdentity(this.#db, contactEmailKey, subject);
  }

  bindIdentity(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return bindIdentity(this.#db, contactEmailKey, subject, this.#clock());
  }

  createTask(
    task: NewTask,
    { actor, once }: CreateOptions,
  ): Promise<Created<Task> | typeof NoSuchUser | typeof KeyReused> {
    const input = { task, actor };
    return once === undefined ? this.#newTasks.add(input) : this.#keyedTasks.add({ input, once });
  }

  getTask(taskId: number): Promise<Task | undefined> {
    return selectTask(this.#db, taskId);
  }

  listTasks(query: TaskQuery): Promise<Page<Task>> {
    return this.#lists.read(TASKS, toTask, query);
  }

  updateTask(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined> {
    return updateTask(this.#db, taskId, changes, options, this.#clock());
  }

  deleteTask(taskId: number, options: TaskChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return deleteTask(this.#db, taskId, options, this.#clock());
  }

  async createToken(
    token: NewToken,
    { actor, once }: CreateOptions,
  ): Promise<Created<Token> | typeof NoSuchUser | typeof KeyReused> {
    const now = this.#clock();
    const input = { token, actor };
    if (once === undefined) return this.#db.transaction((client) => insertToken(client, input, now));
    const [outcome] = await insertOnce(
      this.#db,
      [{ input, once }],
      now,
      async (client, [first]) => [await insertToken(client, first as typeof input, now)],
      async (client, { tokenId }) => (await selectToken(client, tokenId as number)) as Token,
    );
    return outcome as NonNullable<typeof outcome>;
  }

  getToken(tokenId: number): Promise<Token | undefined> {
    return selectToken(this.#db, tokenId);
  }

  listTokens(query: TokenQuery): Promise<Page<Token>> {
    return this.#lists.read(TOKEN_LIST, toToken, query);
  }

  rotateToken(tokenId: number, rotation: TokenRotation, { actor }: ActorOptions): Promise<boolean> {
    return rotateToken(this.#db, tokenId, rotation, actor, this.#clock());
  }

  revokeToken(tokenId: number, { actor }: ActorOptions): Promise<boolean> {
    return revokeToken(this.#db, tokenId, actor, this.#clock());
  }

  noteTokenUse(tokenId: number): Promise<void> {
    return noteTokenUse(this.#db, tokenId, this.#clock());
  }

  createWebhook(webhook: NewWebhook, options: CreateOptions): Promise<Created<Webhook> | typeof KeyReused> {
    return createWebhook(this.#db, webhook, options, this.#clock());
  }

  getWebhook(webhookId: number): Promise<Webhook | undefined> {
    return selectWebhook(this.#db, webhookId);
  }

  listWebhooks(query: WebhookQuery): Promise<Page<Webhook>> {
    return this.#lists.read(WEBHOOK_LIST, toWebhook, query);
  }

  updateWebhook(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Promise<Webhook | typeof VersionMismatch | undefined> {
    return updateWebhook(this.#db, webhookId, changes, options, this.#clock());
  }

  deleteWebhook(webhookId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return deleteWebhook(this.#db, webhookId, options, this.#clock());
  }

  rotateWebhook(webhookId: number, rotation: WebhookRotation, { actor }: ActorOptions): Promise<Webhook | undefined> {
    return rotateWebhook(this.#db, webhookId, rotation, actor, this.#clock());
  }

  pruneWebhookSecrets(): Promise<void> {
    return pruneWebhookSecrets(this.#db, this.#clock());
  }

  testWebhook(webhookId: number, { actor }: ActorOptions): Promise<Delivery | undefined> {
    return testWebhook(this.#db, webhookId, actor, this.#clock());
  }

  queueDeliveries(): Promise<boolean> {
    return queueDeliveries(this.#db, this.#events, this.#clock());
  }

  dueWebhooks(): Promise<number[]> {
    return dueWebhooks(this.#db, this.#clock());
  }

  claimDeliveries(webhookId: number, limit: number, lease: number): Promise<ClaimedDelivery[]> {
    return claimDeliveries(this.#db, webhookId, limit, lease, this.#clock());
  }

  noteAttempt(
    delivery: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: AttemptResult,
  ): Promise<WebhookHealthChange | undefined> {
    return noteAttempt(this.#db, delivery, result, this.#clock());
  }

  listDeliveries(query: DeliveryQuery): Promise<Page<Delivery>> {
    return this.#lists.read(DELIVERY_LIST, toDelivery, query);
  }

  getDelivery(webhookId: number, deliveryId: number): Promise<DeliveryDetails | undefined> {
    return getDelivery(this.#db, webhookId, deliveryId);
  }

  redeliver(webhookId: number, deliveryId: number): Promise<Delivery | undefined> {
    return redeliver(this.#db, webhookId, deliveryId, this.#clock());
  }

  removeOldDeliveries(before: number): Promise<boolean> {
    return removeOldDeliveries(this.#db, before, this.#clock());
  }

  listChanges(query: ChangeQuery): Promise<Page<Change>> {
    return this.#lists.read(CHANGES, toChange, query);
  }

  readEvents(query: EventQuery): Promise<EventPage | typeof EventsRemoved> {
    return this.#events.read(query);
  }

  newestSequence(): Promise<number> {
    return this.#events.settled();
  }

  removeOldChanges(before: number): Promise<boolean> {
    return removeOldChanges(this.#db, before, CHANGES_AT_ONCE);
  }

  remind(): Promise<Reminded> {
    return remind(this.#db, REMINDERS_AT_ONCE, this.#clock());
  }

  queueMails(kinds: readonly MailKind[]): Promise<boolean> {
    return queueMails(this.#db, this.#events, kinds, this.#clock());
  }

  claimMails(limit: number): Promise<QueuedMail[]> {
    return claimMails(this.#db, limit, this.#clock());
  }

  recordEmailSend(send: EmailSend): Promise<boolean> {
    return recordEmailSend(this.#db, send, this.#clock());
  }

  settleMail(mail: Pick<QueuedMail, 'mailId' | 'attempts'>, outcome: MailOutcome): Promise<void> {
    return settleMail(this.#db, mail, outcome, this.#clock());
  }

  forgetOldMails(): Promise<boolean> {
    return forgetOldMails(this.#db, this.#clock());
  }

  getEmailConfirmation(userId: number): Promise<EmailConfirmation | undefined> {
    return selectConfirmation(this.#db, userId, this.#clock());
  }

  requestEmailConfirmation(userId: number): Promise<EmailConfirmation | TooManyMails | undefined> {
    return requestConfirmation(this.#db, userId, this.#clock());
  }

  addConfirmationLink(link: NewConfirmationLink): Promise<boolean> {
    return insertLink(this.#db, link, this.#clock());
  }

  confirmEmail(tokenHash: Uint8Array): Promise<LinkUse> {
    return confirmEmail(this.#db, tokenHash, this.#clock());
  }

  forgetOldKeys(): Promise<boolean> {
    return forgetOldKeys(this.#db, this.#clock());
  }

  async ping(): Promise<void> {
    await this.#db.query({ text: 'SELECT 1 FROM users LIMIT 1' });
  }

  async close(): Promise<void> {
    const batches = [this.#newUsers, this.#newTasks, this.#keyedUsers, this.#keyedTasks];
    await Promise.all(batches.map((one) => one.idle()));
    await Promise.all([this.#lists.close(), this.#db.close()]);
  }
}
