import type { TSchema } from 'typebox';
import { EventSchema, TestEventSchema } from '../events/schema.ts';
import type { JsonObject } from './json-object.ts';
import type { NamedSchemas } from './named-schemas.ts';

/** The headers of a delivery (https://www.standardwebhooks.com). */
const HEADERS = [
  {
    name: 'webhook-id',
    description: 'The same for every attempt to send this event to this webhook. Use it to ignore duplicates',
    schema: { type: 'string' },
    example: 'msg_mjuu8x1c_1',
  },
  {
    name: 'webhook-timestamp',
    description: 'When this attempt was made, in seconds since the epoch. Reject requests older than five minutes',
    schema: { type: 'integer' },
    example: 1767225660,
  },
  {
    name: 'webhook-signature',
    description:
      'One or more signatures, separated by spaces, one of which must match: `v1,` and the HMAC-SHA256 of ' +
      '`{webhook-id}.{webhook-timestamp}.{body}` in base64. The key is the secret of the webhook without its prefix ' +
      '`whsec_`, decoded from base64',
    schema: { type: 'string' },
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
];

/** A request in the `webhooks` of the document. */
interface WebhookRequest {
  operationId: string;
  summary: string;
  description: string;
  body: TSchema;
}

/** The `webhooks` of the document: the requests that the service sends to receivers, and the responses it expects. */
export function describeWebhooks(schemas: NamedSchemas): JsonObject {
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

function describe({ body, ...operation }: WebhookRequest, schemas: NamedSchemas): JsonObject {
  return {
    post: {
      ...operation,
      tags: ['webhooks'],
      security: [],
      parameters: HEADERS.map((header) => ({ ...header, in: 'header', required: true })),
      requestBody: { required: true, content: { 'application/json': { schema: schemas.refer(body) } } },
      responses: {
        '2XX': {
          description: 'The event was received, within 10 seconds. The start of the body is stored with the attempt',
        },
        '410': { description: 'Disables the webhook' },
        default: {
          description:
            'The event was not received. Redirects are not followed. The event is sent again after 5 seconds, then with growing ' +
            'delays for three days',
        },
      },
    },
  };
}
