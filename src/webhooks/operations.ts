import { TEST_EVENT_TYPE } from '../events/schema.ts';
import { type ApiError, invalidValue } from '../http/errors/api-error.ts';
import { exampleError } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { NewWebhookSchema } from './schema.ts';

const tags: [Tag] = [{ name: 'webhooks', description: 'Events sent to a URL (administrators only)' }];

/** 400: the host of the URL is a private address, and these are not allowed. */
export function privateUrl(url: string): ApiError {
  const allowed =
    'an http or https URL whose host is a name or a public IP address, unless the operator sets WEBHOOK_ALLOW_PRIVATE=true';
  return invalidValue('body', 'url', url, allowed);
}

export const createWebhook: Operation = {
  operationId: 'createWebhook',
  tags,
  summary: 'Create a webhook',
  description:
    'Sends new events to a URL. Each event is a POST request, signed according to the [Standard ' +
    'Webhooks](https://www.standardwebhooks.com) specification. Only this response shows the signing secret.\n\n' +
    'Delivery is at least once: an event is sent again, with growing delays for three days, until the receiver responds with a ' +
    '2xx status. Events of one user or task are sent in order.',
  idempotencyKey: true,
  errorExamples: [
    exampleError(NewWebhookSchema, 'events', 'required'),
    exampleError(NewWebhookSchema, 'url', 'format'),
    privateUrl('http://127.0.0.1/hooks'),
    exampleError(NewWebhookSchema, 'events', 'minItems', []),
  ],
};

export const listWebhooks: Operation = {
  operationId: 'listWebhooks',
  tags,
  summary: 'List webhooks',
  description: 'Returns a page of webhooks without their secrets.',
};

export const getWebhook: Operation = {
  operationId: 'getWebhook',
  tags,
  summary: 'Get a webhook',
  description: 'Returns a webhook without its secret.',
};

export const updateWebhook: Operation = {
  operationId: 'updateWebhook',
  tags,
  summary: 'Update a webhook',
  description:
    'Changes the fields in the body, at least one. New `events` apply to events that happen from now on. A new `url` also ' +
    'applies to pending deliveries. A webhook is disabled automatically if its receiver responds with 410.',
  conditional: true,
  errorExamples: [exampleError(NewWebhookSchema, 'url', 'format'), privateUrl('http://127.0.0.1/hooks')],
};

export const deleteWebhook: Operation = {
  operationId: 'deleteWebhook',
  tags,
  summary: 'Delete a webhook',
  description: 'Deletes a webhook. Its pending deliveries are not sent.',
  conditional: true,
};

export const listDeliveries: Operation = {
  operationId: 'listDeliveries',
  tags,
  summary: 'List deliveries',
  description: 'Returns a page of the deliveries of a webhook, including pending ones, without their payloads.',
};

export const getDelivery: Operation = {
  operationId: 'getDelivery',
  tags,
  summary: 'Get a delivery',
  description: 'Returns a delivery, with the status and the start of the response of each of its latest attempts.',
};

export const testWebhook: Operation = {
  operationId: 'testWebhook',
  tags,
  summary: 'Send a test event',
  description:
    `Sends an event of type \`${TEST_EVENT_TYPE}\` to this webhook only, whatever its \`events\`. It is signed and retried like ` +
    'any other event, and does not wait for other deliveries. A disabled webhook receives it when it is enabled.',
};

export const rotateWebhook: Operation = {
  operationId: 'rotateWebhook',
  tags,
  summary: 'Rotate a webhook secret',
  description:
    'Replaces the secret of a webhook. Only this response shows the new secret. For 24 hours, deliveries are signed with both ' +
    'secrets: `webhook-signature` has two signatures, separated by a space, so that receivers can be updated one by one. ' +
    'Rotating again within this time invalidates the older secret immediately.',
};

export const redeliver: Operation = {
  operationId: 'redeliver',
  tags,
  summary: 'Redeliver an event',
  description:
    'Sends a delivery again, whatever its state, with the same `webhook-id`. A pending delivery is sent now. If the user has ' +
    'been deleted since, the event contains only IDs.',
};
