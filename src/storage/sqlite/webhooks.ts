import type { Page } from '../../domain/lists.ts';
import type {
  ActorOptions,
  ChangeOptions,
  Created,
  CreateOptions,
  KeyReused,
  VersionMismatch,
} from '../../domain/outcomes.ts';
import type {
  NewWebhook,
  Webhook,
  WebhookChanges,
  WebhookQuery,
  WebhookRepository,
  WebhookRotation,
} from '../../domain/webhooks.ts';
import {
  NEVER_SENT,
  restoreWebhook,
  webhookCreated,
  webhookDeleted,
  webhookRotated,
  webhookUpdated,
} from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { changeWebhook, toWebhook, WEBHOOK_COLUMNS, WEBHOOK_LIST, webhookValues } from '../sql/webhook-rows.ts';
import type { ChangeRows } from './changes.ts';
import type { IdempotencyKeyRows } from './idempotency-keys.ts';
import type { ListReader } from './lists.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';
import { deleteVersioned, updateVersioned } from './versioned.ts';

/** The rows of webhooks. Call what writes in a transaction. */
export class WebhookRows {
  readonly #changes: ChangeRows;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #startAfter: RowStatement;
  readonly #select: RowStatement;
  readonly #update: RowStatement;
  readonly #rotate: RowStatement;
  readonly #selectExpiredSecret: RowStatement;
  readonly #eraseExpiredSecrets: RowStatement;
  readonly #delete: RowStatement;

  constructor({ db, clock }: Connection, changes: ChangeRows) {
    this.#changes = changes;
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO webhooks (url, events, description, enabled, secret, created_at, from_sequence)
       VALUES (?, ?, ?, ?, ?, ?, 0)`,
    );
    this.#startAfter = prepare(db, 'UPDATE webhooks SET from_sequence = ? WHERE webhook_id = ?');
    this.#select = prepare(db, `SELECT ${WEBHOOK_COLUMNS} FROM webhooks WHERE webhook_id = ?`);
    this.#update = prepare(
      db,
      'UPDATE webhooks SET url = ?, events = ?, description = ?, enabled = ?, secret = ?, version = ? WHERE webhook_id = ?',
    );
    this.#rotate = prepare(
      db,
      'UPDATE webhooks SET previous_secret = secret, previous_valid_until = ?, secret = ? WHERE webhook_id = ?',
    );
    this.#selectExpiredSecret = prepare(db, 'SELECT 1 FROM webhooks WHERE previous_valid_until <= ? LIMIT 1');
    this.#eraseExpiredSecrets = prepare(
      db,
      'UPDATE webhooks SET previous_secret = NULL, previous_valid_until = NULL WHERE previous_valid_until <= ?',
    );
    this.#delete = prepare(db, 'DELETE FROM webhooks WHERE webhook_id = ?');
  }

  /** It receives the events that follow its own entry in the change log. */
  insert(webhook: NewWebhook, options: ActorOptions): Inserted<Webhook> {
    const createdAt = this.#clock();
    const { lastInsertRowid } = this.#insert.run(...webhookValues(webhook), createdAt);
    const item = { ...webhook, ...NEVER_SENT, webhookId: Number(lastInsertRowid), createdAt, version: 1 };
    const sequence = this.#changes.insert(webhookCreated(item), options);
    this.#startAfter.run(sequence, item.webhookId);
    return { item, replayed: false, sequence };
  }

  get(webhookId: number): Webhook | undefined {
    const row = this.#select.get(webhookId);
    return row === undefined ? undefined : toWebhook(row);
  }

  update(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Webhook | typeof VersionMismatch | undefined {
    return updateVersioned<Webhook>(this.get(webhookId), options, {
      change: (webhook) => changeWebhook(webhook, changes),
      write: (changed) => {
        this.#update.run(...webhookValues(changed), changed.version, webhookId);
        return undefined;
      },
      log: (before, after) => this.#changes.insert(webhookUpdated(before, after), options),
    });
  }

  rotate(
    webhookId: number,
    { secret, previousValidUntil }: WebhookRotation,
    options: ActorOptions,
  ): Webhook | undefined {
    if (this.#rotate.run(previousValidUntil, secret, webhookId).changes === 0) return undefined;
    const rotated = this.get(webhookId) as Webhook;
    this.#changes.insert(webhookRotated(rotated), options);
    return rotated;
  }

  /** Whether there are secrets that {@link eraseExpiredSecrets} would erase. Writes nothing. */
  hasExpiredSecret(): boolean {
    return this.#selectExpiredSecret.get(this.#clock()) !== undefined;
  }

  eraseExpiredSecrets(): void {
    this.#eraseExpiredSecrets.run(this.#clock());
  }

  delete(webhookId: number, options: ChangeOptions): boolean | typeof VersionMismatch {
    return deleteVersioned(this.get(webhookId), options, (webhook) => {
      this.#delete.run(webhookId);
      this.#changes.insert(webhookDeleted(webhook), options);
    });
  }
}

export interface SqliteWebhookRepositoryDependencies {
  webhookRows: OnBoth<WebhookRows>;
  lists: ListReader;
  keys: IdempotencyKeyRows;
}

export class SqliteWebhookRepository implements WebhookRepository {
  readonly #session: Session;
  readonly #dependencies: SqliteWebhookRepositoryDependencies;

  constructor(session: Session, dependencies: SqliteWebhookRepositoryDependencies) {
    this.#session = session;
    this.#dependencies = dependencies;
  }

  create(webhook: NewWebhook, options: CreateOptions): Promise<Created<Webhook> | typeof KeyReused> {
    const { webhookRows, keys } = this.#dependencies;
    const insert = () => webhookRows.writing.insert(webhook, options);
    return this.#session.write(() =>
      keys.insertIdempotently<Webhook, never>(options.idempotencyKey, insert, restoreWebhook),
    );
  }

  get(webhookId: number): Promise<Webhook | undefined> {
    return this.#session.read(this.#dependencies.webhookRows, (rows) => rows.get(webhookId));
  }

  list(query: WebhookQuery): Promise<Page<Webhook>> {
    return this.#dependencies.lists.read({ table: WEBHOOK_LIST, toItem: toWebhook }, query);
  }

  update(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Promise<Webhook | typeof VersionMismatch | undefined> {
    return this.#session.write(() => this.#dependencies.webhookRows.writing.update(webhookId, changes, options));
  }

  rotate(webhookId: number, rotation: WebhookRotation, options: ActorOptions): Promise<Webhook | undefined> {
    return this.#session.write(() => this.#dependencies.webhookRows.writing.rotate(webhookId, rotation, options));
  }

  async pruneSecrets(): Promise<void> {
    // Usually there are none: then nothing is written.
    if (!(await this.#session.read(this.#dependencies.webhookRows, (rows) => rows.hasExpiredSecret()))) return;
    await this.#session.write(() => this.#dependencies.webhookRows.writing.eraseExpiredSecrets());
  }

  delete(webhookId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#session.write(() => this.#dependencies.webhookRows.writing.delete(webhookId, options));
  }
}
