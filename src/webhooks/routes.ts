import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { VersionMismatch } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type { Attempt, Delivery, DeliveryFilter, Webhook, WebhookChanges } from '../domain/webhooks.ts';
import { formatInstant } from '../formats/date-time.ts';
import { namesPrivateAddress } from '../formats/public-address.ts';
import { notConfigured, notFound, preconditionFailed } from '../http/errors/api-error.ts';
import { ErrorSchema } from '../http/errors/error-schema.ts';
import type { Rules } from '../http/request.ts';
import { originOf } from '../http/request.ts';
import { expectedVersions, sendTagged, sendTaggedBody, versionTag } from '../http/resource/etag.ts';
import { createdItem, creationOptions } from '../http/resource/idempotency.ts';
import { readParameters } from '../http/resource/list-parameters.ts';
import { cursorRule, type ListResource, sendList, toListQuery } from '../http/resource/list-response.ts';
import { NoContent } from '../http/resource/operation.ts';
import {
  createWebhook,
  deleteWebhook,
  getDelivery,
  getWebhook,
  listDeliveries,
  listWebhooks,
  privateUrl,
  redeliver,
  rotateWebhook,
  testWebhook,
  updateWebhook,
} from './operations.ts';
import {
  CreatedWebhookSchema,
  DeliveryDetailsSchema,
  DeliveryListParameters,
  DeliveryListSchema,
  DeliveryParams,
  DeliverySchema,
  NewWebhookSchema,
  RotatedWebhookSchema,
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

/** How long deliveries are signed with both secrets after a rotation. The default for tokens is the same. */
const ROTATION_OVERLAP_MS = 24 * 60 * 60 * 1000;

export interface WebhookRoutesOptions {
  store: Store;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Whether events may be sent to private addresses. */
  allowPrivate: boolean;
  /** Encrypts secrets. Without it, webhooks can be neither created, rotated nor tested. */
  secretBox: SecretBox | undefined;
}

/** `/webhooks`, for administrators. */
export const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRoutesOptions> = async (app, options) => {
  const { store, secretBox, clock, allowPrivate } = options;

  /** Rejects URLs to which every delivery would fail. */
  const urlRule: Rules = ({ body }, rejected) => {
    const { url } = (body ?? {}) as Partial<Static<typeof NewWebhookSchema>>;
    if (allowPrivate || url === undefined || rejected.has('url') || !namesPrivateAddress(url)) return [];
    return [privateUrl(url)];
  };

  app.post(
    '/webhooks',
    {
      config: { scope: 'admin', rules: urlRule },
      schema: { ...createWebhook, body: NewWebhookSchema, response: { 201: CreatedWebhookSchema, 501: ErrorSchema } },
    },
    async (request, reply) => {
      if (secretBox === undefined) throw notConfigured('webhooks', 'SECRET_KEY');
      const { url, events, description = null, enabled = true } = request.body;
      const secret = generateWebhookSecret();
      const newWebhook = { url, events, description, enabled, secret: secretBox.encrypt(secret) };
      const outcome = await store.webhooks.create(newWebhook, creationOptions(request));
      const webhook = createdItem(outcome, reply);
      reply.code(201).header('location', `/webhooks/${webhook.webhookId}`).header('etag', webhookTag(webhook));
      const isNew = typeof outcome !== 'symbol' && !outcome.replayed;
      return reply.send({ ...toBody(webhook), ...(isNew && { secret }) });
    },
  );

  app.get(
    '/webhooks',
    {
      config: { scope: 'admin', rules: cursorRule(LIST) },
      schema: { ...listWebhooks, querystring: WebhookListParameters, response: { 200: WebhookListSchema } },
      preValidation: readParameters(WebhookListParameters),
    },
    async (request, reply) => {
      const query = toListQuery(request, LIST);
      return sendList(request, reply, LIST, query, await store.webhooks.list(query), toBody);
    },
  );

  app.get(
    '/webhooks/:webhookId',
    {
      config: { scope: 'admin' },
      schema: { ...getWebhook, params: WebhookParams, response: { 200: WebhookSchema } },
    },
    async (request, reply) => {
      const webhook = await store.webhooks.get(request.params.webhookId);
      if (webhook === undefined) throw notFound();
      return sendTagged(request, reply, webhookTag(webhook), toBody(webhook));
    },
  );

  app.patch(
    '/webhooks/:webhookId',
    {
      config: { scope: 'admin', rules: urlRule },
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
      const options = { ...originOf(request), versions: expectedVersions(request) };
      const webhook = await store.webhooks.update(request.params.webhookId, changes, options);
      if (webhook === undefined) throw notFound();
      if (webhook === VersionMismatch) throw preconditionFailed();
      return reply.header('etag', webhookTag(webhook)).send(toBody(webhook));
    },
  );

  app.delete(
    '/webhooks/:webhookId',
    {
      config: { scope: 'admin' },
      schema: { ...deleteWebhook, params: WebhookParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      const options = { ...originOf(request), versions: expectedVersions(request) };
      const outcome = await store.webhooks.delete(request.params.webhookId, options);
      if (outcome === VersionMismatch) throw preconditionFailed();
      if (!outcome) throw notFound();
      return reply.code(204).send();
    },
  );

  app.post(
    '/webhooks/:webhookId/rotate',
    {
      config: { scope: 'admin' },
      schema: { ...rotateWebhook, params: WebhookParams, response: { 200: RotatedWebhookSchema, 501: ErrorSchema } },
    },
    async (request, reply) => {
      if (secretBox === undefined) throw notConfigured('webhooks', 'SECRET_KEY');
      const secret = generateWebhookSecret();
      const previousValidUntil = clock() + ROTATION_OVERLAP_MS;
      const rotation = { secret: secretBox.encrypt(secret), previousValidUntil };
      const webhook = await store.webhooks.rotate(request.params.webhookId, rotation, originOf(request));
      if (webhook === undefined) throw notFound();
      reply.header('etag', webhookTag(webhook));
      return reply.send({
        ...toBody(webhook),
        ...{ secret, previousSecretValidUntil: formatInstant(previousValidUntil) },
      });
    },
  );

  app.post(
    '/webhooks/:webhookId/test',
    {
      config: { scope: 'admin' },
      schema: { ...testWebhook, params: WebhookParams, response: { 202: DeliverySchema, 501: ErrorSchema } },
    },
    async (request, reply) => {
      if (secretBox === undefined) throw notConfigured('webhooks', 'SECRET_KEY');
      const { webhookId } = request.params;
      const delivery = await store.deliveries.test(webhookId, originOf(request));
      if (delivery === undefined) throw notFound();
      reply.code(202).header('location', `/webhooks/${webhookId}/deliveries/${delivery.deliveryId}`);
      return reply.send(toDeliveryBody(delivery));
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
      preValidation: readParameters(DeliveryListParameters),
    },
    async (request, reply) => {
      const { webhookId } = request.params;
      const query = toListQuery(request, DELIVERIES);
      if ((await store.webhooks.get(webhookId)) === undefined) throw notFound();
      return sendList(request, reply, DELIVERIES, query, await store.deliveries.list(query), toDeliveryBody);
    },
  );

  app.get(
    '/webhooks/:webhookId/deliveries/:deliveryId',
    {
      config: { scope: 'admin' },
      schema: { ...getDelivery, params: DeliveryParams, response: { 200: DeliveryDetailsSchema } },
    },
    async (request, reply) => {
      const { webhookId, deliveryId } = request.params;
      if ((await store.webhooks.get(webhookId)) === undefined) throw notFound();
      const found = await store.deliveries.get(webhookId, deliveryId);
      if (found === undefined) throw notFound();
      const body = { ...toDeliveryBody(found.delivery), lastAttempts: found.attempts.map(toAttemptBody) };
      return sendTaggedBody(request, reply, body);
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
      if ((await store.webhooks.get(webhookId)) === undefined) throw notFound();
      const delivery = await store.deliveries.resend(webhookId, deliveryId);
      if (delivery === undefined) throw notFound();
      return reply.code(202).send(toDeliveryBody(delivery));
    },
  );
};

/** The webhook in responses. */
function toBody({ webhookId, url, events, description, enabled, createdAt, lastSuccessAt, lastFailureAt }: Webhook) {
  return {
    ...{ webhookId, url, events },
    ...(description !== null && { description }),
    enabled,
    createdAt: formatInstant(createdAt),
    ...(lastSuccessAt !== null && { lastSuccessAt: formatInstant(lastSuccessAt) }),
    ...(lastFailureAt !== null && { lastFailureAt: formatInstant(lastFailureAt) }),
  };
}

/** Changes with every change of the response. The times of the last attempts are not part of the version. */
function webhookTag({ version, lastSuccessAt, lastFailureAt }: Webhook): string {
  if (lastSuccessAt === null && lastFailureAt === null) return versionTag(version);
  return versionTag(version, [lastSuccessAt, lastFailureAt].map((at) => (at ?? 0).toString(36)).join('-'));
}

/** The delivery in responses. */
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

/** The attempt in responses. */
function toAttemptBody({ at, durationMs, status, error, response }: Attempt) {
  return {
    at: formatInstant(at),
    durationMs,
    ...(status !== null && { status }),
    ...(error !== null && { error }),
    ...(response !== null && { response }),
  };
}
