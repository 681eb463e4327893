import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { actorOf } from '../http/authorize.ts';
import { expectedVersions, sendTagged, versionTag } from '../http/conditional.ts';
import { createdItem, creationOptions } from '../http/creation.ts';
import { formatInstant } from '../http/date-time.ts';
import { ErrorSchema } from '../http/error-schema.ts';
import { notConfigured, notFound, preconditionFailed } from '../http/errors.ts';
import { readIntegers } from '../http/list-parameters.ts';
import { cursorRule, type ListResource, sendList, toListQuery } from '../http/lists.ts';
import { NoContent } from '../http/operation.ts';
import {
  type Delivery,
  type DeliveryFilter,
  type Store,
  VersionMismatch,
  type Webhook,
  type WebhookChanges,
} from '../storage/store.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  updateWebhook,
} from './operations.ts';
import {
  CreatedWebhookSchema,
  DeliveryListParameters,
  DeliveryListSchema,
  DeliveryParams,
  DeliverySchema,
  NewWebhookSchema,
  WebhookChangesSchema,
  WebhookListParameters,
  WebhookListSchema,
  WebhookParams,
  WebhookSchema,
} from './schema.ts';
import type { SecretBox } from './secret-box.ts';
import { generateWebhookSecret } from './signature.ts';

const LIST: ListResource<Webhook, 'webhookId', object> = {
  path: () => '/webhooks',
  name: 'webhooks',
  id: 'webhookId',
  kinds: { webhookId: 'number' },
  sortValue: ({ webhookId }) => webhookId,
  filter: () => ({}),
};

const DELIVERIES: ListResource<Delivery, 'deliveryId', DeliveryFilter> = {
  path: ({ params }) => `/webhooks/${(params as Static<typeof WebhookParams>).webhookId}/deliveries`,
  name: 'deliveries',
  id: 'deliveryId',
  kinds: { deliveryId: 'number' },
  sortValue: ({ deliveryId }) => deliveryId,
  filter({ params, query }) {
    const { webhookId } = params as Static<typeof WebhookParams>;
    const { state } = query as Static<typeof DeliveryListParameters>;
    return { webhookId, ...(state !== undefined && { state }) };
  },
};

export interface WebhookRoutesOptions {
  store: Store;
  /** Encrypts secrets; undefined where there is no key to do so, and so no webhook can be created. */
  secretBox: SecretBox | undefined;
}

/** `/webhooks`: for administrators. */
export const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRoutesOptions> = async (app, { store, secretBox }) => {
  app.post(
    '/webhooks',
    {
      config: { scope: 'admin' },
      schema: { ...createWebhook, body: NewWebhookSchema, response: { 201: CreatedWebhookSchema, 501: ErrorSchema } },
    },
    async (request, reply) => {
      if (secretBox === undefined) throw notConfigured('webhooks', 'SECRET_KEY');
      const { url, events, description = null, enabled = true } = request.body;
      const secret = generateWebhookSecret();
      const newWebhook = { url, events, description, enabled, secret: secretBox.encrypt(secret) };
      const outcome = await store.createWebhook(newWebhook, creationOptions(request));
      const webhook = createdItem(outcome, reply);
      reply.code(201).header('location', `/webhooks/${webhook.webhookId}`).header('etag', versionTag(webhook.version));
      const isNew = typeof outcome !== 'symbol' && !outcome.replayed;
      return reply.send({ ...toBody(webhook), ...(isNew && { secret }) });
    },
  );

  app.get(
    '/webhooks',
    {
      config: { scope: 'admin', rules: cursorRule(LIST) },
      schema: { ...listWebhooks, querystring: WebhookListParameters, response: { 200: WebhookListSchema } },
      preValidation: readIntegers(WebhookListParameters),
    },
    async (request, reply) => {
      const query = toListQuery(request, LIST);
      return sendList(request, reply, LIST, query, await store.listWebhooks(query), toBody);
    },
  );

  app.get(
    '/webhooks/:webhookId',
    {
      config: { scope: 'admin' },
      schema: { ...getWebhook, params: WebhookParams, response: { 200: WebhookSchema } },
    },
    async (request, reply) => {
      const webhook = await store.getWebhook(request.params.webhookId);
      if (webhook === undefined) throw notFound();
      return sendTagged(request, reply, versionTag(webhook.version), toBody(webhook));
    },
  );

  app.patch(
    '/webhooks/:webhookId',
    {
      config: { scope: 'admin' },
      schema: { ...updateWebhook, params: WebhookParams, body: WebhookChangesSchema, response: { 200: WebhookSchema } },
    },
    async (request, reply) => {
      const { url, events, description, enabled } = request.body;
      const changes: WebhookChanges = {
        ...(url !== undefined && { url }),
        ...(events !== undefined && { events }),
        ...(description !== undefined && { description }),
        ...(enabled !== undefined && { enabled }),
      };
      const options = { actor: actorOf(request), versions: expectedVersions(request) };
      const webhook = await store.updateWebhook(request.params.webhookId, changes, options);
      if (webhook === undefined) throw notFound();
      if (webhook === VersionMismatch) throw preconditionFailed();
      return reply.header('etag', versionTag(webhook.version)).send(toBody(webhook));
    },
  );

  app.delete(
    '/webhooks/:webhookId',
    {
      config: { scope: 'admin' },
      schema: { ...deleteWebhook, params: WebhookParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      const options = { actor: actorOf(request), versions: expectedVersions(request) };
      const outcome = await store.deleteWebhook(request.params.webhookId, options);
      if (outcome === VersionMismatch) throw preconditionFailed();
      if (!outcome) throw notFound();
      return reply.code(204).send();
    },
  );

  app.get(
    '/webhooks/:webhookId/deliveries',
    {
      config: { scope: 'admin', rules: cursorRule(DELIVERIES) },
      schema: {
        ...listDeliveries,
        params: WebhookParams,
        querystring: DeliveryListParameters,
        response: { 200: DeliveryListSchema },
      },
      preValidation: readIntegers(DeliveryListParameters),
    },
    async (request, reply) => {
      const { webhookId } = request.params;
      const query = toListQuery(request, DELIVERIES);
      if ((await store.getWebhook(webhookId)) === undefined) throw notFound();
      return sendList(request, reply, DELIVERIES, query, await store.listDeliveries(query), toDeliveryBody);
    },
  );

  app.post(
    '/webhooks/:webhookId/deliveries/:deliveryId/redeliver',
    {
      config: { scope: 'admin' },
      schema: { ...redeliver, params: DeliveryParams, response: { 202: DeliverySchema } },
    },
    async (request, reply) => {
      const { webhookId, deliveryId } = request.params;
      if ((await store.getWebhook(webhookId)) === undefined) throw notFound();
      const delivery = await store.redeliver(webhookId, deliveryId);
      if (delivery === undefined) throw notFound();
      return reply.code(202).send(toDeliveryBody(delivery));
    },
  );
};

/** The webhook as responses show it. */
function toBody({ webhookId, url, events, description, enabled, createdAt }: Webhook) {
  return {
    ...{ webhookId, url, events },
    ...(description !== null && { description }),
    enabled,
    createdAt: formatInstant(createdAt),
  };
}

/** The delivery as responses show it. */
function toDeliveryBody(delivery: Delivery) {
  const { deliveryId, sequence, type, state, attempts, lastStatus, lastError, nextAttemptAt, deliveredAt } = delivery;
  return {
    ...{ deliveryId, sequence, type, state, attempts },
    ...(lastStatus !== null && { lastStatus }),
    ...(lastError !== null && { lastError }),
    ...(nextAttemptAt !== null && { nextAttemptAt: formatInstant(nextAttemptAt) }),
    ...(deliveredAt !== null && { deliveredAt: formatInstant(deliveredAt) }),
  };
}
