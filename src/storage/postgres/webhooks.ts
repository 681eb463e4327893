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
import { insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { insertOneIdempotently } from './idempotency-keys.ts';
import type { Lists } from './lists.ts';
import { deleteVersioned, updateVersioned } from './versioned.ts';

export class PostgresWebhookRepository implements WebhookRepository {
  readonly #db: Database;
  readonly #lists: Lists;
  readonly #clock: () => number;

  constructor(db: Database, { lists, clock }: { lists: Lists; clock: () => number }) {
    this.#db = db;
    this.#lists = lists;
    this.#clock = clock;
  }

  create(webhook: NewWebhook, options: CreateOptions): Promise<Created<Webhook> | typeof KeyReused> {
    const now = this.#clock();
    return insertOneIdempotently<Webhook, never>(this.#db, options.idempotencyKey, now, {
      insert: (client) => insertWebhook(client, webhook, options, now),
      restore: (_, change) => restoreWebhook(change),
    });
  }

  get(webhookId: number): Promise<Webhook | undefined> {
    return selectWebhook(this.#db, webhookId);
  }

  list(query: WebhookQuery): Promise<Page<Webhook>> {
    return this.#lists.read(WEBHOOK_LIST, toWebhook, query);
  }

  update(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Promise<Webhook | typeof VersionMismatch | undefined> {
    return this.#db.transaction(async (client) =>
      updateVersioned(await lockWebhook(client, webhookId), options, {
        change: (webhook) => changeWebhook(webhook, changes),
        write: async (changed) => {
          await client.query({
            text: `UPDATE webhooks SET url = $2, events = $3, description = $4, enabled = $5, secret = $6, version = $7
                   WHERE webhook_id = $1`,
            values: [webhookId, ...webhookValues(changed), changed.version],
          });
        },
        log: (before, after) => insertChange(client, webhookUpdated(before, after), options, this.#clock()),
      }),
    );
  }

  rotate(
    webhookId: number,
    { secret, previousValidUntil }: WebhookRotation,
    options: ActorOptions,
  ): Promise<Webhook | undefined> {
    return this.#db.transaction(async (client) => {
      const [row] = await client.query({
        text: `UPDATE webhooks SET previous_secret = secret, previous_valid_until = $2, secret = $3
               WHERE webhook_id = $1 RETURNING ${WEBHOOK_COLUMNS}`,
        values: [webhookId, previousValidUntil, secret],
      });
      if (row === undefined) return undefined;
      const webhook = toWebhook(row);
      await insertChange(client, webhookRotated(webhook), options, this.#clock());
      return webhook;
    });
  }

  async pruneSecrets(): Promise<void> {
    await this.#db.query({
      text: 'UPDATE webhooks SET previous_secret = NULL, previous_valid_until = NULL WHERE previous_valid_until <= $1',
      values: [this.#clock()],
    });
  }

  delete(webhookId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#db.transaction(async (client) =>
      deleteVersioned(await lockWebhook(client, webhookId), options, async (webhook) => {
        await client.query({ text: 'DELETE FROM webhooks WHERE webhook_id = $1', values: [webhookId] });
        await insertChange(client, webhookDeleted(webhook), options, this.#clock());
      }),
    );
  }
}

/**
 * Inserts a webhook, which receives the events that follow its own entry in the change log. A consumer that has not seen
 * the webhook has not passed that entry either, because it waits for transactions in flight.
 */
async function insertWebhook(
  client: Queryable,
  webhook: NewWebhook,
  options: ActorOptions,
  now: number,
): Promise<Inserted<Webhook>> {
  const [row] = await client.query({
    text: `INSERT INTO webhooks (url, events, description, enabled, secret, created_at, from_sequence)
           VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING webhook_id`,
    values: [...webhookValues(webhook), now],
  });
  const item = { ...webhook, ...NEVER_SENT, webhookId: row?.[0] as number, createdAt: now, version: 1 };
  const sequence = await insertChange(client, webhookCreated(item), options, now);
  await client.query({
    text: 'UPDATE webhooks SET from_sequence = $2 WHERE webhook_id = $1',
    values: [item.webhookId, sequence],
  });
  return { item, replayed: false, sequence };
}

export async function selectWebhook(client: Queryable, webhookId: number): Promise<Webhook | undefined> {
  const text = `SELECT ${WEBHOOK_COLUMNS} FROM webhooks WHERE webhook_id = $1`;
  const [row] = await client.query({ name: 'select_webhook', text, values: [webhookId] });
  return row === undefined ? undefined : toWebhook(row);
}

/** The webhook, locked against other changes until the transaction ends. */
export async function lockWebhook(client: Queryable, webhookId: number): Promise<Webhook | undefined> {
  const text = `SELECT ${WEBHOOK_COLUMNS} FROM webhooks WHERE webhook_id = $1 FOR UPDATE`;
  const [row] = await client.query({ text, values: [webhookId] });
  return row === undefined ? undefined : toWebhook(row);
}
