import { Type } from 'typebox';
import { DELIVERY_STATES, type DeliveryState, MAX_ATTEMPTS_KEPT } from '../domain/webhooks.ts';
import { EVENT_TYPES, TEST_EVENT_TYPE } from '../events/schema.ts';
import { TEXT } from '../formats/text.ts';
import { MAX_URL_LENGTH } from '../formats/webhook-url.ts';
import { ReadOnly, ResourceId } from '../http/resource/ids.ts';
import { listParameters } from '../http/resource/list-parameters.ts';
import { MAX_EXCERPT_BYTES } from './excerpt.ts';

const NEW_WEBHOOK = {
  url: 'https://example.com/hooks/tasks',
  events: ['task.created', 'task.completed'],
  description: 'The board in the office',
};
const WEBHOOK = {
  webhookId: 1,
  ...NEW_WEBHOOK,
  enabled: true,
  createdAt: '2026-01-01T12:00:00.000Z',
  lastSuccessAt: '2026-01-02T08:30:00.000Z',
};
const SECRET = `whsec_${'A'.repeat(43)}=`;
const DELIVERY = {
  deliveryId: 1,
  sequence: 42,
  type: 'task.created',
  state: 'pending',
  attempts: 2,
  lastStatus: 500,
  lastError: 'the receiver responded with 500',
  nextAttemptAt: '2026-01-01T12:00:35.000Z',
};
const ATTEMPT = {
  at: '2026-01-01T12:00:05.000Z',
  durationMs: 120,
  status: 500,
  error: 'the receiver responded with 500',
  response: 'Internal Server Error',
};

const instant = (description: string) => Type.String({ format: 'date-time', description });

const url = Type.String({
  minLength: 1,
  maxLength: MAX_URL_LENGTH,
  format: 'uri',
  description:
    'Where events are sent to: an http or https URL without user, password and fragment. Unless the operator allows private ' +
    'addresses, its host is a name or a public IP address',
});
const events = Type.Array(Type.Unsafe<string>({ type: 'string', enum: EVENT_TYPES }), {
  minItems: 1,
  maxItems: EVENT_TYPES.length,
  uniqueItems: true,
  description: 'Which events it gets',
});
const description = { minLength: 1, maxLength: 255, pattern: TEXT };
const enabled = Type.Boolean({
  description: 'False while nothing is to be sent: events are kept for it until it is true again',
});

const shown = {
  webhookId: ResourceId('Generated; never used again'),
  url,
  events,
  description: Type.Optional(Type.String({ ...description, description: 'Left out where there is none' })),
  enabled,
  createdAt: instant('When it was created'),
  lastSuccessAt: Type.Optional(instant('When an attempt at a delivery last succeeded. Left out for never')),
  lastFailureAt: Type.Optional(instant('When an attempt at a delivery last failed. Left out for never')),
};

/** A webhook as responses show it: never with its secret. */
export const WebhookSchema = Type.Object(shown, { title: 'Webhook', examples: [WEBHOOK] });

export const WebhookListSchema = Type.Object(
  { webhooks: Type.Array(WebhookSchema) },
  { title: 'WebhookList', examples: [{ webhooks: [WEBHOOK] }] },
);

/** The answer to the request that created it. */
export const CreatedWebhookSchema = Type.Object(
  {
    ...shown,
    secret: Type.Optional(
      Type.String({
        description:
          'What deliveries are signed with. Shown this once: left out where an `Idempotency-Key` is brought again',
      }),
    ),
  },
  { title: 'CreatedWebhook', examples: [{ ...WEBHOOK, secret: SECRET }] },
);

/** The response to the request that rotated its secret. */
export const RotatedWebhookSchema = Type.Object(
  {
    ...shown,
    secret: Type.String({ description: 'What deliveries are signed with from now on. Shown this once' }),
    previousSecretValidUntil: instant('Until when deliveries are signed with the secret before it as well'),
  },
  {
    title: 'RotatedWebhook',
    examples: [{ ...WEBHOOK, secret: SECRET, previousSecretValidUntil: '2026-01-03T12:00:00.000Z' }],
  },
);

export const NewWebhookSchema = Type.Object(
  {
    webhookId: ReadOnly,
    url,
    events,
    description: Type.Optional(
      Type.Unsafe<string | null>({ type: ['string', 'null'], ...description, description: 'Null for none' }),
    ),
    enabled: Type.Optional(enabled),
    createdAt: ReadOnly,
    lastSuccessAt: ReadOnly,
    lastFailureAt: ReadOnly,
    secret: ReadOnly,
  },
  { title: 'NewWebhook', additionalProperties: false, examples: [NEW_WEBHOOK] },
);

/** At least one field; the rest stays as it is. */
export const WebhookChangesSchema = Type.Partial(NewWebhookSchema, {
  title: 'WebhookChanges',
  additionalProperties: false,
  minProperties: 1,
  examples: [{ enabled: false }],
});

export const WebhookParams = Type.Object({ webhookId: ResourceId('The webhook’s id') });

const { updatedSince: _, ...parameters } = listParameters(['webhookId']);
export const WebhookListParameters = Type.Object(parameters, { additionalProperties: false });

const State = (text: string) =>
  Type.Unsafe<DeliveryState>({ type: 'string', enum: [...DELIVERY_STATES], description: text });

const delivery = {
  deliveryId: ResourceId('Generated; never used again'),
  sequence: Type.Integer({ minimum: 1, description: 'The event’s' }),
  type: Type.String({ description: `What happened; \`${TEST_EVENT_TYPE}\` for a test` }),
  state: State('`failed` when it is given up: after three days, or when the event is no longer kept'),
  attempts: Type.Integer({
    minimum: 0,
    description: 'How often it was tried, since it was last asked to be sent again',
  }),
  lastStatus: Type.Optional(Type.Integer({ description: 'The HTTP status of the last answer' })),
  lastError: Type.Optional(Type.String({ description: 'Why the last attempt was no success' })),
  nextAttemptAt: Type.Optional(
    instant(
      'When it is tried again at the earliest. Left out while it waits for an earlier event of the same resource',
    ),
  ),
  deliveredAt: Type.Optional(instant('When the receiver took it')),
};

/** A delivery as responses show it: without what was sent. */
export const DeliverySchema = Type.Object(delivery, { title: 'Delivery', examples: [DELIVERY] });

const AttemptSchema = Type.Object(
  {
    at: instant('When it began'),
    durationMs: Type.Integer({ minimum: 0, description: 'How long it took, in milliseconds' }),
    status: Type.Optional(
      Type.Integer({ description: 'The HTTP status of the response. Left out when there was none' }),
    ),
    error: Type.Optional(Type.String({ description: 'Why it failed. Left out for a success' })),
    response: Type.Optional(
      Type.String({
        maxLength: MAX_EXCERPT_BYTES,
        description:
          `The first ${MAX_EXCERPT_BYTES.toLocaleString('en')} bytes of the response’s body, without control characters. Left ` +
          'out when it is empty, and once the user whom the event is about is deleted',
      }),
    ),
  },
  { title: 'DeliveryAttempt', examples: [ATTEMPT] },
);

/** A delivery with its last attempts. */
export const DeliveryDetailsSchema = Type.Object(
  {
    ...delivery,
    lastAttempts: Type.Array(AttemptSchema, {
      maxItems: MAX_ATTEMPTS_KEPT,
      description: `The last ${MAX_ATTEMPTS_KEPT} attempts, the newest last`,
    }),
  },
  { title: 'DeliveryDetails', examples: [{ ...DELIVERY, lastAttempts: [ATTEMPT] }] },
);

export const DeliveryListSchema = Type.Object(
  { deliveries: Type.Array(DeliverySchema) },
  { title: 'DeliveryList', examples: [{ deliveries: [DELIVERY] }] },
);

export const DeliveryParams = Type.Object({
  webhookId: ResourceId('The webhook’s id'),
  deliveryId: ResourceId('The delivery’s id'),
});

const { updatedSince: __, ...deliveryParameters } = listParameters(['deliveryId']);
export const DeliveryListParameters = Type.Object(
  { ...deliveryParameters, state: Type.Optional(State('Only deliveries in this state')) },
  { additionalProperties: false },
);
