import type { TSchema } from 'typebox';
import { EventSchema, TestEventSchema } from '../events/schema.ts';
import type { NamedSchemas } from './named-schemas.ts';
import type { Part } from './part.ts';

/** The headers of a delivery (https://www.standardwebhooks.com). */
const HEADERS = [
  {
    name: 'webhook-id',
    description:
      'The same in every attempt to send this event to this webhook. A receiver that has seen it already can ignore the request',
    schema: { type: 'string' },
    example: 'msg_mjuu8x1c_1',
  },
  {
    name: 'webhook-timestamp',
    description: 'When this attempt was made, in seconds since the epoch. Reject what is older than five minutes',
    schema: { type: 'integer' },
    example: 1767225660,
  },
  {
    name: 'webhook-signature',
    description:
      'One or more signatures with spaces between them, of which one must match: `v1,` and the HMAC-SHA256 of ' +
      '`{webhook-id}.{webhook-timestamp}.{body}` in base64. The key is the secret of the webhook, decoded from base64, ' +
      'without its prefix `whsec_`',
    schema: { type: 'string' },
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
];

/** What is sent under a name in the `webhooks` of the document. */
interface Sent {
  operationId: string;
  summary: string;
  description: string;
  body: TSchema;
}

/** The `webhooks` of the document: what the service sends to receivers, and what it expects in response. */
export function describeWebhooks(schemas: NamedSchemas): Part {
  const event = {
    operationId: 'receiveEvent',
    summary: 'Receive an event',
    description:
      'Sent to the `url` of each webhook whose `events` include the type of the event. Delivery is at least once. Events ' +
      'of one user or task are sent in order.',
    body: EventSchema,
  };
  const test = {
    operationId: 'receiveTestEvent',
    summary: 'Receive a test event',
    description: 'Sent to the `url` of one webhook, whatever its `events`, by `POST /webhooks/{webhookId}/test`.',
    body: TestEventSchema,
  };
  return { event: describe(event, schemas), test: describe(test, schemas) };
}

function describe({ body, ...words }: Sent, schemas: NamedSchemas): Part {
  return {
    post: {
      ...words,
      tags: ['webhooks'],
      security: [],
      parameters: HEADERS.map((header) => ({ ...header, in: 'header', required: true })),
      requestBody: { required: true, content: { 'application/json': { schema: schemas.refer(body) } } },
      responses: {
        '2XX': {
          description: 'The event was received, within 10 seconds. The beginning of a body is kept for the sender',
        },
        '410': { description: 'The receiver is gone: the webhook is disabled' },
        default: {
          description:
            'The event was not received. Redirects are not followed. It is sent again after 5 seconds, and then after growing ' +
            'pauses for three days',
        },
      },
    },
  };
}
