import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import type { Change, ChangeQuery, EventPage, EventQuery, EventsRemoved } from '../../domain/changes.ts';
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
import {
  type ActorOptions,
  type ChangeOptions,
  type Created,
  type CreateOptions,
  type IdempotencyKey,
  KeyReused,
  type VersionMismatch,
} from '../../domain/outcomes.ts';
import type { DeliveryDetails, Store, WebhookHealthChange, WebhookRotation } from '../../domain/store.ts';
import type { NewTask, Reminded, Task, TaskChangeOptions, TaskChanges, TaskQuery } from '../../domain/tasks.ts';
import type { NewToken, Token, TokenQuery, TokenRotation } from '../../domain/tokens.ts';
import type {
  EmailTaken,
  NewUser,
  NoSuchUser,
  User,
  UserChangeOptions,
  UserChanges,
  UserQuery,
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
import { restoreItem, restoreWebhook } from '../sql/change-rows.ts';
import { type Inserted, ownerOf } from '../sql/inserted.ts';
import { AttemptTable } from './attempts.ts';
import { ChangeTable } from './changes.ts';
import { Checkpointer } from './checkpointer.ts';
import { EventPositions } from './consumers.ts';
import { openDatabase } from './database.ts';
import { DeliveryTable } from './deliveries.ts';
import { MailTable } from './emails.ts';
import { translateError, translateOpenError } from './errors.ts';
import { KeyTable } from './idempotency-keys.ts';
import { IdentityTable } from './identities.ts';
import { ListReader } from './list-reader.ts';
import { isCheap, type ListItem, type ListRequest, Lists } from './lists.ts';
import { migrate } from './migrate.ts';
import { OpenFiles } from './open-files.ts';
import { Purger } from './purger.ts';
import { prepare, type RowStatement } from './rows.ts';
import { TaskTable } from './tasks.ts';
import { TokenTable } from './tokens.ts';
import { type PurgePlace, UserDeletion } from './user-deletion.ts';
import { UserTable } from './users.ts';
import { WebhookTable } from './webhooks.ts';
import { WriteQueue, type WriteQueueOptions } from './write-queue.ts';

export interface SqliteStoreOptions extends Partial<WriteQueueOptions> {
  /** Path of the database file. It and its folder are created when they do not exist. */
  file: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Told when the file is deleted or replaced, and when its log grows large. */
  logger?: Logger | undefined;
  /** How long a long list may take, in milliseconds. Default: 2000. */
  listTimeout?: number;
}

const DEFAULTS: WriteQueueOptions = { maxWaiting: 8192, maxGroup: 256, lockTimeout: 5000 };

/** How many idempotency keys are forgotten at once. */
const KEYS_AT_ONCE = 100;

/** How many entries of the change log are removed at once. */
const CHANGES_AT_ONCE = 100;

/** How many tasks are reminded of at once. */
const REMINDERS_AT_ONCE = 50;

const NONE_REMINDED: Reminded = { reminded: 0, late: 0, dropped: 0, more: false };
/** How many deliveries of webhooks are removed at once. */
const DELIVERIES_AT_ONCE = 50;

/**
 * Opens the file, creates it when there is none, and brings it to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, when the file cannot be used.
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const db = openDatabase(options.file);
  try {
    migrate(db);
    // From here on a lock must not be waited for inside SQLite: that would hold the event loop.
    db.exec('PRAGMA busy_timeout = 0');
    return new SqliteStore(db, options);
  } catch (error) {
    db.close();
    throw translateOpenError(error, options.file);
  }
}

/**
 * Everything in one SQLite file. Statements are synchronous and short; writes go through the write queue, and lists that
 * could take long to another thread.
 */
export class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #files: OpenFiles;
  readonly #checkpointer: Checkpointer;
  readonly #writes: WriteQueue;
  readonly #purger: Purger;
  readonly #lists: Lists;
  readonly #listReader: ListReader;
  readonly #identities: IdentityTable;
  readonly #users: UserTable;
  readonly #tasks: TaskTable;
  readonly #tokens: TokenTable;
  readonly #keys: KeyTable;
  readonly #changes: ChangeTable;
  readonly #mails: MailTable;
  readonly #webhooks: WebhookTable;
  readonly #deliveries: DeliveryTable;
  readonly #userDeletion: UserDeletion;
  readonly #selectOne: RowStatement;
  #purged: PurgePlace | undefined;

  constructor(db: DatabaseSync, options: SqliteStoreOptions) {
    this.#db = db;
    const { file, logger } = options;
    const files = new OpenFiles(file, logger);
    this.#files = files;
    this.#checkpointer = new Checkpointer(db, file, { logger });
    this.#writes = new WriteQueue(db, {
      ...DEFAULTS,
      ...options,
      beforeGroup: () => files.checkAgain(),
      afterCommit: () => files.check(),
      // Its thread would open what is at the path now.
      afterGroup: () => {
        if (!files.moved) this.#checkpointer.startIfDue();
      },
    });
    this.#lists = new Lists(db);
    this.#listReader = new ListReader(options.file, options.listTimeout);
    const { clock } = options;
    const changes = new ChangeTable(db, clock);
    this.#changes = changes;
    this.#identities = new IdentityTable(db, changes);
    this.#users = new UserTable(db, changes, this.#identities, clock);
    this.#tasks = new TaskTable(db, changes, clock);
    this.#tokens = new TokenTable(db, changes, clock);
    this.#keys = new KeyTable(db, clock);
    const positions = new EventPositions(db, changes);
    this.#mails = new MailTable(db, positions, clock);
    this.#webhooks = new WebhookTable(db, changes, clock);
    const attempts = new AttemptTable(db, clock);
    this.#deliveries = new DeliveryTable(db, { changes, positions, webhooks: this.#webhooks, attempts }, clock);
    this.#userDeletion = new UserDeletion({
      ...{ users: this.#users, tasks: this.#tasks, keys: this.#keys },
      ...{ changes, attempts },
    });
    // One that reads a page: a mere SELECT 1 would not notice a damaged file.
    this.#selectOne = prepare(db, 'SELECT 1 FROM users LIMIT 1');
    this.#purger = new Purger(async () => {
      this.#purged = await this.#writes.run(() => this.#userDeletion.purge(this.#purged));
      return this.#purged !== undefined;
    });
    // A process that ended before may have left something to purge.
    if (this.#users.marked() !== undefined) this.#purger.start();
  }

  createUser(
    user: NewUser,
    { actor, once }: CreateOptions,
  ): Promise<Created<User> | typeof EmailTaken | typeof KeyReused> {
    return this.#writes.run(() => this.#once(once, () => this.#users.insert(user, actor), restoreItem<User>));
  }

  getUser(userId: number): Promise<User | undefined> {
    return this.#read(() => this.#users.get(userId));
  }

  listUsers(query: UserQuery): Promise<Page<User>> {
    return this.#list({ list: 'users', query }) as Promise<Page<User>>;
  }

  updateUser(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined> {
    return this.#writes.run(() => this.#users.update(userId, changes, options));
  }

  async deleteUser(userId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    const outcome = await this.#writes.run(() => this.#userDeletion.delete(userId, options));
    if (outcome === true) this.#purger.start();
    return outcome;
  }

  findIdentity(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return this.#read(() => this.#identities.find(contactEmailKey, subject));
  }

  bindIdentity(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return this.#writes.run(() => this.#identities.bind(contactEmailKey, subject));
  }

  createTask(
    task: NewTask,
    { actor, once }: CreateOptions,
  ): Promise<Created<Task> | typeof NoSuchUser | typeof KeyReused> {
    return this.#writes.run(() => this.#once(once, () => this.#tasks.insert(task, actor), restoreItem<Task>));
  }

  getTask(taskId: number): Promise<Task | undefined> {
    return this.#read(() => this.#tasks.get(taskId));
  }

  listTasks(query: TaskQuery): Promise<Page<Task>> {
    return this.#list({ list: 'tasks', query }) as Promise<Page<Task>>;
  }

  updateTask(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined> {
    return this.#writes.run(() => this.#tasks.update(taskId, changes, options));
  }

  deleteTask(taskId: number, options: TaskChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#writes.run(() => this.#tasks.delete(taskId, options));
  }

  createToken(
    token: NewToken,
    { actor, once }: CreateOptions,
  ): Promise<Created<Token> | typeof NoSuchUser | typeof KeyReused> {
    const restore = ({ tokenId }: Change) => this.#tokens.get(tokenId as number) as Token;
    return this.#writes.run(() => this.#once(once, () => this.#tokens.insert(token, actor), restore));
  }

  getToken(tokenId: number): Promise<Token | undefined> {
    return this.#read(() => this.#tokens.get(tokenId));
  }

  listTokens(query: TokenQuery): Promise<Page<Token>> {
    return this.#list({ list: 'tokens', query }) as Promise<Page<Token>>;
  }

  rotateToken(tokenId: number, rotation: TokenRotation, { actor }: ActorOptions): Promise<boolean> {
    return this.#writes.run(() => this.#tokens.rotate(tokenId, rotation, actor));
  }

  revokeToken(tokenId: number, { actor }: ActorOptions): Promise<boolean> {
    return this.#writes.run(() => this.#tokens.revoke(tokenId, actor));
  }

  noteTokenUse(tokenId: number): Promise<void> {
    return this.#writes.run(() => this.#tokens.noteUse(tokenId));
  }

  createWebhook(webhook: NewWebhook, { actor, once }: CreateOptions): Promise<Created<Webhook> | typeof KeyReused> {
    return this.#writes.run(() =>
      this.#once<Webhook, never>(once, () => this.#webhooks.insert(webhook, actor), restoreWebhook),
    );
  }

  getWebhook(webhookId: number): Promise<Webhook | undefined> {
    return this.#read(() => this.#webhooks.get(webhookId));
  }

  listWebhooks(query: WebhookQuery): Promise<Page<Webhook>> {
    return this.#list({ list: 'webhooks', query }) as Promise<Page<Webhook>>;
  }

  updateWebhook(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Promise<Webhook | typeof VersionMismatch | undefined> {
    return this.#writes.run(() => this.#webhooks.update(webhookId, changes, options));
  }

  deleteWebhook(webhookId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#writes.run(() => this.#webhooks.delete(webhookId, options));
  }

  rotateWebhook(webhookId: number, rotation: WebhookRotation, { actor }: ActorOptions): Promise<Webhook | undefined> {
    return this.#writes.run(() => this.#webhooks.rotate(webhookId, rotation, actor));
  }

  async pruneWebhookSecrets(): Promise<void> {
    // Mostly there is none: then the lock on the file is not taken.
    if (!(await this.#read(() => this.#webhooks.hasExpiredSecret()))) return;
    await this.#writes.run(() => this.#webhooks.eraseExpiredSecrets());
  }

  testWebhook(webhookId: number, { actor }: ActorOptions): Promise<Delivery | undefined> {
    return this.#writes.run(() => this.#deliveries.test(webhookId, actor));
  }

  async queueDeliveries(): Promise<boolean> {
    // Asked often, and mostly for nothing: then nothing is written.
    if (!(await this.#read(() => this.#deliveries.hasUnqueued()))) return false;
    return this.#writes.run(() => this.#deliveries.queue());
  }

  dueWebhooks(): Promise<number[]> {
    return this.#read(() => this.#deliveries.dueWebhooks());
  }

  claimDeliveries(webhookId: number, limit: number, lease: number): Promise<ClaimedDelivery[]> {
    return this.#writes.run(() => this.#deliveries.claim(webhookId, limit, lease));
  }

  noteAttempt(
    delivery: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: AttemptResult,
  ): Promise<WebhookHealthChange | undefined> {
    return this.#writes.run(() => this.#deliveries.note(delivery, result));
  }

  listDeliveries(query: DeliveryQuery): Promise<Page<Delivery>> {
    return this.#list({ list: 'deliveries', query }) as Promise<Page<Delivery>>;
  }

  getDelivery(webhookId: number, deliveryId: number): Promise<DeliveryDetails | undefined> {
    return this.#read(() => this.#deliveries.details(webhookId, deliveryId));
  }

  redeliver(webhookId: number, deliveryId: number): Promise<Delivery | undefined> {
    return this.#writes.run(() => this.#deliveries.redeliver(webhookId, deliveryId));
  }

  removeOldDeliveries(before: number): Promise<boolean> {
    return this.#writes.run(() => this.#deliveries.removeOld(before, DELIVERIES_AT_ONCE));
  }

  listChanges(query: ChangeQuery): Promise<Page<Change>> {
    return this.#list({ list: 'changes', query }) as Promise<Page<Change>>;
  }

  readEvents(query: EventQuery): Promise<EventPage | typeof EventsRemoved> {
    return this.#read(() => this.#changes.readEvents(query));
  }

  newestSequence(): Promise<number> {
    return this.#read(() => this.#changes.newest());
  }

  removeOldChanges(before: number): Promise<boolean> {
    return this.#writes.run(() => this.#changes.removeOld(before, CHANGES_AT_ONCE));
  }

  async remind(): Promise<Reminded> {
    // Mostly there is none: then the lock on the file is not taken.
    if (!(await this.#read(() => this.#tasks.isReminderDue()))) return NONE_REMINDED;
    return this.#writes.run(() => this.#tasks.remind(REMINDERS_AT_ONCE));
  }

  async queueMails(kinds: readonly MailKind[]): Promise<boolean> {
    // Asked often, and mostly for nothing: then the lock on the file is not taken.
    if (!(await this.#read(() => this.#mails.hasUnqueued()))) return false;
    return this.#writes.run(() => this.#mails.queue(kinds));
  }

  async claimMails(limit: number): Promise<QueuedMail[]> {
    if (!(await this.#read(() => this.#mails.hasDue()))) return [];
    return this.#writes.run(() => this.#mails.claim(limit));
  }

  recordEmailSend(send: EmailSend): Promise<boolean> {
    return this.#writes.run(() => this.#mails.recordSend(send));
  }

  settleMail(mail: Pick<QueuedMail, 'mailId' | 'attempts'>, outcome: MailOutcome): Promise<void> {
    return this.#writes.run(() => this.#mails.settle(mail, outcome));
  }

  forgetOldMails(): Promise<boolean> {
    return this.#writes.run(() => this.#mails.deleteSomeOld());
  }

  getEmailConfirmation(userId: number): Promise<EmailConfirmation | undefined> {
    return this.#read(() => this.#mails.confirmation(userId));
  }

  requestEmailConfirmation(userId: number): Promise<EmailConfirmation | TooManyMails | undefined> {
    return this.#writes.run(() => this.#mails.request(userId));
  }

  addConfirmationLink(link: NewConfirmationLink): Promise<boolean> {
    return this.#writes.run(() => this.#mails.addLink(link));
  }

  async confirmEmail(tokenHash: Uint8Array): Promise<LinkUse> {
    // Anybody may send anything, and only what is good takes a place among the writes.
    const use = await this.#read(() => this.#mails.useOf(tokenHash));
    return use === 'confirmed' ? this.#writes.run(() => this.#mails.confirm(tokenHash)) : use;
  }

  forgetOldKeys(): Promise<boolean> {
    return this.#writes.run(() => this.#keys.deleteSomeOld(KEYS_AT_ONCE));
  }

  ping(): Promise<void> {
    return this.#read(() => {
      this.#files.check();
      this.#selectOne.get();
    });
  }

  async close(): Promise<void> {
    this.#purger.stop();
    await this.#writes.idle();
    await Promise.all([this.#checkpointer.close(), this.#listReader.close()]);
    // The log goes into the file, so that a copy of the one file is a whole copy.
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }

  /** Inserts, unless the key says that this was done before: then what was inserted at that time. */
  #once<T extends object, Refusal extends symbol>(
    once: IdempotencyKey | undefined,
    insert: () => Inserted<T> | Refusal,
    restore: (change: Change) => T,
  ): Created<T> | Refusal | typeof KeyReused {
    if (once === undefined) return insert();
    const found = this.#keys.find(once);
    if (found === KeyReused) return found;
    if (found !== undefined) return { item: restore(found), replayed: true };
    const inserted = insert();
    if (typeof inserted !== 'symbol') this.#keys.insert(once, inserted.sequence, ownerOf(inserted.item));
    return inserted;
  }

  async #list(request: ListRequest): Promise<Page<ListItem>> {
    const cheap = isCheap(request) && (await this.#read(() => this.#passesOverFew(request)));
    if (cheap) return this.#read(() => this.#lists.read(request));
    // Its thread would open what is at the path now.
    this.#files.check();
    return this.#listReader.read(request);
  }

  #passesOverFew(request: ListRequest): boolean {
    if (mayPassOver(request) && this.#users.marked() !== undefined) return false;
    return this.#lists.findsPartsSoon(request);
  }

  #read<T>(read: () => T): Promise<T> {
    try {
      this.#files.checkAgain();
      return Promise.resolve(read());
    } catch (error) {
      return Promise.reject(translateError(error));
    }
  }
}

/**
 * Whether rows that wait to be purged may have to be passed over, any number of them. Not so where one user is looked up,
 * as for every JWT: that must not wait behind long lists.
 */
function mayPassOver(request: ListRequest): boolean {
  if (request.list === 'tasks') return true;
  if (request.list !== 'users') return false;
  const { userId, contactEmailKey } = request.query.filter;
  return userId === undefined && contactEmailKey === undefined;
}
