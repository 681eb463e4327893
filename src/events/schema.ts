import type { TSchema } from 'typebox';
import { ResourceId } from '../http/resource/ids.ts';
import { API_RESOURCES } from '../resources.ts';
import { Type } from '../type.ts';
import { SAVED_JOHN } from '../users/schema.ts';
import type { Event } from './event.ts';

const EVENT = { sequence: 42, type: 'user.created', timestamp: '2026-06-30T15:21:08.105Z', data: SAVED_JOHN };

/** The schemas of `data` of each type of event. */
const DATA: Record<string, readonly TSchema[]> = Object.assign({}, ...API_RESOURCES.map(({ events }) => events));

/** All types of events, except {@link TEST_EVENT_TYPE}. */
export const EVENT_TYPES = Object.keys(DATA);

/** The event that tests a webhook. It is sent to that webhook only and is not listed. */
export const TEST_EVENT_TYPE = 'webhook.test';

/** The schema of one type of event. */
function eventOf(type: string, data: readonly TSchema[]): TSchema {
  const name = type.replace(/(?:^|\.)(.)/g, (_, letter: string) => letter.toUpperCase());
  return Type.Object(
    {
      sequence: Type.Integer({ minimum: 1, description: 'Increases with every event, possibly with gaps' }),
      type: Type.Unsafe<string>({ type: 'string', enum: [type], description: 'What happened' }),
      timestamp: Type.String({ format: 'date-time', description: 'When it happened' }),
      data: data.length === 1 ? (data[0] as TSchema) : Type.Unsafe<object>({ anyOf: [...data] }),
    },
    { title: `${name}Event` },
  );
}

/** An event in responses, streams and deliveries. */
export const EventSchema = Type.Unsafe<Event>({
  title: 'Event',
  oneOf: Object.entries(DATA).map(([type, data]) => eventOf(type, data)),
  discriminator: { propertyName: 'type' },
  examples: [EVENT],
});

const TestDataSchema = Type.Object(
  { webhookId: ResourceId('The tested webhook') },
  { title: 'WebhookTest', examples: [{ webhookId: 1 }] },
);

/** The event of type {@link TEST_EVENT_TYPE}. */
export const TestEventSchema = eventOf(TEST_EVENT_TYPE, [TestDataSchema]);

export const EventListSchema = Type.Object(
  { events: Type.Array(EventSchema) },
  { title: 'EventList', examples: [{ events: [EVENT] }] },
);

const MAX_PER_PAGE = 1000;
export const DEFAULT_PER_PAGE = 100;

export const EventParameters = Type.Object(
  {
    _after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The `sequence` of the last event that you received. The default is the start of the log',
      }),
    ),
    _perPage: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PER_PAGE,
        default: DEFAULT_PER_PAGE,
        description: 'The maximum number of events on a page',
      }),
    ),
  },
  { additionalProperties: false },
);
