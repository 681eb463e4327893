import { TEST_EVENT_TYPE } from '../events/schema.ts';
import { type ApiError, invalidValue } from '../http/errors/api-error.ts';
import { faultOf } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { NewWebhookSchema } from './schema.ts';

const tags: [Tag] = [{ name: 'webhooks', description: 'Has events sent to a URL: for administrators' }];

/** 400: a URL that leads to a private address, where those are not allowed. */
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
    'Has events sent to a URL from now on, each as a POST that is signed by the [Standard ' +
    'Webhooks](https://www.standardwebhooks.com) specification. The answer shows the secret of the signatures, this once.\n\n' +
    'An event is sent until the receiver answers with a 2xx status: at least once, after growing pauses, for three days. ' +
    'Events of the same user or task come in order.',
  once: true,
  faults: [
    faultOf(NewWebhookSchema, 'events', 'required'),
    faultOf(NewWebhookSchema, 'url', 'format'),
    privateUrl('http://127.0.0.1/hooks'),
    faultOf(NewWebhookSchema, 'events', 'minItems', []),
  ],
};

export const listWebhooks: Operation = {
  operationId: 'listWebhooks',
  tags,
  summary: 'List webhooks',
  description: 'Lists webhooks, without their secrets.',
};

export const getWebhook: Operation = {
  operationId: 'getWebhook',
  tags,
  summary: 'Get a webhook',
  description: 'Gets one webhook, without its secret.',
};

export const updateWebhook: Operation = {
  operationId: 'updateWebhook',
  tags,
  summary: 'Update a webhook',
  description:
    'Changes the fields that are given. Other `events` are what is chosen from when events happen from now on; another ' +
    '`url` is also where that is sent which waits to be. A receiver that answers 410 has its webhook disabled.',
  conditional: true,
  faults: [faultOf(NewWebhookSchema, 'url', 'format'), privateUrl('http://127.0.0.1/hooks')],
};

export const deleteWebhook: Operation = {
  operationId: 'deleteWebhook',
  tags,
  summary: 'Delete a webhook',
  description: 'Deletes a webhook, and sends it nothing more.',
  conditional: true,
};

export const listDeliveries: Operation = {
  operationId: 'listDeliveries',
  tags,
  summary: 'List the deliveries of a webhook',
  description: 'Lists what was sent to a webhook, and what is still to be, without the data that was sent.',
};

export const getDelivery: Operation = {
  operationId: 'getDelivery',
  tags,
  summary: 'Get a delivery with its attempts',
  description: 'Gets one delivery, and of each of its last attempts the status and the beginning of the response.',
};

export const testWebhook: Operation = {
  operationId: 'testWebhook',
  tags,
  summary: 'Send a test event',
  description:
    `Sends an event of type \`${TEST_EVENT_TYPE}\` to this webhook alone, whichever events it gets, and as any other: signed, ` +
    'and tried again until it is accepted. It waits for no other delivery. A disabled webhook gets it once it is enabled.',
};

export const rotateWebhook: Operation = {
  operationId: 'rotateWebhook',
  tags,
  summary: 'Rotate the secret of a webhook',
  description:
    'Gives a webhook another secret, which the response shows this once. For 24 hours deliveries are signed with both secrets: ' +
    '`webhook-signature` has two signatures with a space between them, and receivers may be changed one after another. ' +
    'Rotating again ends the overlap of the secret before.',
};

export const redeliver: Operation = {
  operationId: 'redeliver',
  tags,
  summary: 'Send a delivery again',
  description:
    'Sends a delivery again, whatever became of it, under the same `webhook-id`; one that is to be tried again is tried ' +
    'now. What is sent is the event as the service has it now: of a user who was deleted since, the ids alone.',
};
