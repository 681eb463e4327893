import {
  type ChangeOptions,
  type Created,
  type CreateOptions,
  type KeyReused,
  VersionMismatch,
} from '../../domain/outcomes.ts';
import type { WebhookRotation } from '../../domain/store.ts';
import type { NewWebhook, Webhook, WebhookChanges } from '../../domain/webhooks.ts';
import {
  NEVER_SENT,
  restoreWebhook,
  webhookCreated,
  webhookDeleted,
  webhookRotated,
  webhookUpdated,
} from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { changeWebhook, toWebhook, WEBHOOK_COLUMNS, webhookValues } from '../sql/webhook-rows.ts';
import { insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { insertOnce } from './idempotency-keys.ts';

export async function createWebhook(
  db: Database,
  webhook: NewWebhook,
  { actor, once }: CreateOptions,
  now: number,
): Promise<Created<Webhook> | typeof KeyReused> {
  const insert = (client: Queryable) => insertWebhook(client, webhook, actor, now);
  if (once === undefined) return db.transaction(insert);
  const [outcome] = await insertOnce<NewWebhook, Webhook, never>(
    db,
    [{ input: webhook, once }],
    now,
    async (client) => [await insert(client)],
    (_, change) => restoreWebhook(change),
  );
  return outcome as NonNullable<typeof outcome>;
}

/**
 * It gets what comes in the change log behind its own entry: a reader that has not seen the webhook yet has not come that
 * far either, since it waits for whatever has taken a number.
 */
async function insertWebhook(
  client: Queryable,
  webhook: NewWebhook,
  actor: string,
  now: number,
): Promise<Inserted<Webhook>> {
  const [row] = await client.query({
    text: `INSERT INTO webhooks (url, events, description, enabled, secret, created_at, from_sequence)
           VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING webhook_id`,
    values: [...webhookValues(webhook), now],
  });
  const item = { ...webhook, ...NEVER_SENT, webhookId: row?.[0] as number, createdAt: now, version: 1 };
  const sequence = await insertChange(client, webhookCreated(item), actor, now);
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

export function updateWebhook(
  db: Database,
  webhookId: number,
  changes: WebhookChanges,
  { actor, versions }: ChangeOptions,
  now: number,
): Promise<Webhook | typeof VersionMismatch | undefined> {
  return db.transaction(async (client) => {
    const webhook = await lockWebhook(client, webhookId);
    if (webhook === undefined) return undefined;
    if (versions?.includes(webhook.version) === false) return VersionMismatch;
    const changed = changeWebhook(webhook, changes);
    if (changed === webhook) return webhook;
    await client.query({
      text: `UPDATE webhooks SET url = $2, events = $3, description = $4, enabled = $5, secret = $6, version = $7
             WHERE webhook_id = $1`,
      values: [webhookId, ...webhookValues(changed), changed.version],
    });
    await insertChange(client, webhookUpdated(webhook, changed), actor, now);
    return changed;
  });
}

/** False when there is no such webhook. */
export function deleteWebhook(
  db: Database,
  webhookId: number,
  { actor, versions }: ChangeOptions,
  now: number,
): Promise<boolean | typeof VersionMismatch> {
  return db.transaction(async (client) => {
    const webhook = await lockWebhook(client, webhookId);
    if (webhook === undefined) return false;
    if (versions?.includes(webhook.version) === false) return VersionMismatch;
    await client.query({ text: 'DELETE FROM webhooks WHERE webhook_id = $1', values: [webhookId] });
    await insertChange(client, webhookDeleted(webhook), actor, now);
    return true;
  });
}

export function rotateWebhook(
  db: Database,
  webhookId: number,
  { secret, previousValidUntil }: WebhookRotation,
  actor: string,
  now: number,
): Promise<Webhook | undefined> {
  return db.transaction(async (client) => {
    const [row] = await client.query({
      text: `UPDATE webhooks SET previous_secret = secret, previous_valid_until = $2, secret = $3
             WHERE webhook_id = $1 RETURNING ${WEBHOOK_COLUMNS}`,
      values: [webhookId, previousValidUntil, secret],
    });
    if (row === undefined) return undefined;
    const webhook = toWebhook(row);
    await insertChange(client, webhookRotated(webhook), actor, now);
    return webhook;
  });
}

/** Erases the secrets of webhooks that were rotated and whose overlap has ended. */
export async function pruneWebhookSecrets(db: Database, now: number): Promise<void> {
  await db.query({
    text: 'UPDATE webhooks SET previous_secret = NULL, previous_valid_until = NULL WHERE previous_valid_until <= $1',
    values: [now],
  });
}

/** The webhook, which nobody else changes or deletes, nor adds deliveries to, until the transaction ends. */
export async function lockWebhook(client: Queryable, webhookId: number): Promise<Webhook | undefined> {
  const text = `SELECT ${WEBHOOK_COLUMNS} FROM webhooks WHERE webhook_id = $1 FOR UPDATE`;
  const [row] = await client.query({ text, values: [webhookId] });
  return row === undefined ? undefined : toWebhook(row);
}
