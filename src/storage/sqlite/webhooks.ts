import type { DatabaseSync } from 'node:sqlite';
import { type ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';
import type { WebhookRotation } from '../../domain/store.ts';
import type { NewWebhook, Webhook, WebhookChanges } from '../../domain/webhooks.ts';
import { NEVER_SENT, webhookCreated, webhookDeleted, webhookRotated, webhookUpdated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { changeWebhook, toWebhook, WEBHOOK_COLUMNS, webhookValues } from '../sql/webhook-rows.ts';
import type { ChangeTable } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The webhooks. Whatever writes must be called inside a transaction. */
export class WebhookTable {
  readonly #changes: ChangeTable;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #begin: RowStatement;
  readonly #select: RowStatement;
  readonly #update: RowStatement;
  readonly #rotate: RowStatement;
  readonly #selectExpiredSecret: RowStatement;
  readonly #eraseExpiredSecrets: RowStatement;
  readonly #delete: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, changes: ChangeTable, clock: () => number) {
    this.#changes = changes;
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO webhooks (url, events, description, enabled, secret, created_at, from_sequence)
       VALUES (?, ?, ?, ?, ?, ?, 0)`,
    );
    this.#begin = prepare(db, 'UPDATE webhooks SET from_sequence = ? WHERE webhook_id = ?');
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

  /** It gets what comes in the change log behind its own entry. */
  insert(webhook: NewWebhook, actor: string): Inserted<Webhook> {
    const createdAt = this.#clock();
    const { lastInsertRowid } = this.#insert.run(...webhookValues(webhook), createdAt);
    const item = { ...webhook, ...NEVER_SENT, webhookId: Number(lastInsertRowid), createdAt, version: 1 };
    const sequence = this.#changes.insert(webhookCreated(item), actor);
    this.#begin.run(sequence, item.webhookId);
    return { item, replayed: false, sequence };
  }

  get(webhookId: number): Webhook | undefined {
    const row = this.#select.get(webhookId);
    return row === undefined ? undefined : toWebhook(row);
  }

  update(
    webhookId: number,
    changes: WebhookChanges,
    { actor, versions }: ChangeOptions,
  ): Webhook | typeof VersionMismatch | undefined {
    const webhook = this.get(webhookId);
    if (webhook === undefined) return undefined;
    if (versions?.includes(webhook.version) === false) return VersionMismatch;
    const changed = changeWebhook(webhook, changes);
    if (changed === webhook) return webhook;
    this.#update.run(...webhookValues(changed), changed.version, webhookId);
    this.#changes.insert(webhookUpdated(webhook, changed), actor);
    return changed;
  }

  rotate(webhookId: number, { secret, previousValidUntil }: WebhookRotation, actor: string): Webhook | undefined {
    if (this.#rotate.run(previousValidUntil, secret, webhookId).changes === 0) return undefined;
    const rotated = this.get(webhookId) as Webhook;
    this.#changes.insert(webhookRotated(rotated), actor);
    return rotated;
  }

  /** Whether there are secrets that {@link eraseExpiredSecrets} would erase. It writes nothing. */
  hasExpiredSecret(): boolean {
    return this.#selectExpiredSecret.get(this.#clock()) !== undefined;
  }

  eraseExpiredSecrets(): void {
    this.#eraseExpiredSecrets.run(this.#clock());
  }

  delete(webhookId: number, { actor, versions }: ChangeOptions): boolean | typeof VersionMismatch {
    const webhook = this.get(webhookId);
    if (webhook === undefined) return false;
    if (versions?.includes(webhook.version) === false) return VersionMismatch;
    this.#delete.run(webhookId);
    this.#changes.insert(webhookDeleted(webhook), actor);
    return true;
  }
}
