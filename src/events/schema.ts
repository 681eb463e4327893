import { type TSchema, Type } from 'typebox';
import { ResourceId } from '../http/resource/ids.ts';
import { TASK, TaskSchema } from '../tasks/schema.ts';
import { SAVED_JOHN, UserSchema } from '../users/schema.ts';
import type { Event } from './event.ts';

const EVENT = { sequence: 42, type: 'user.created', timestamp: '2026-06-30T15:21:08.105Z', data: SAVED_JOHN };

const userId = ResourceId('The user, or the owner of the task');

const UserIdSchema = Type.Object(
  { userId },
  { title: 'UserId', description: 'The ID of a deleted user. All other data is erased', examples: [{ userId: 1 }] },
);

const TaskIdsSchema = Type.Object(
  { taskId: ResourceId('The task'), userId },
  {
    title: 'TaskIds',
    description: 'The IDs of a task that was deleted, or whose user was. All other data is erased',
    examples: [{ taskId: 1, userId: 1 }],
  },
);

const RemindedTaskSchema = Type.Object(
  {
    ...TaskSchema.properties,
    late: Type.Optional(
      Type.Boolean({
        description: '`true` if the reminder is a minute or more late. Omitted otherwise',
      }),
    ),
  },
  { title: 'RemindedTask', examples: [TASK] },
);

/** The `data` of each type of event: the first schema, or the last after the user is deleted. */
const DATA: Record<string, TSchema[]> = {
  'user.created': [UserSchema, UserIdSchema],
  'user.updated': [UserSchema, UserIdSchema],
  'user.deleted': [UserIdSchema],
  'task.created': [TaskSchema, TaskIdsSchema],
  'task.updated': [TaskSchema, TaskIdsSchema],
  'task.completed': [TaskSchema, TaskIdsSchema],
  'task.deleted': [TaskIdsSchema],
  'task.reminder': [RemindedTaskSchema, TaskIdsSchema],
};

/** All types of events, except {@link TEST_EVENT_TYPE}. */
export const EVENT_TYPES = Object.keys(DATA);

/** The event that tests a webhook. It is sent to that webhook only and is not listed. */
export const TEST_EVENT_TYPE = 'webhook.test';

/** The schema of one type of event. */
function eventOf(type: string, data: TSchema[]): TSchema {
  const name = type.replace(/(?:^|\.)(.)/g, (_, letter: string) => letter.toUpperCase());
  return Type.Object(
    {
      sequence: Type.Integer({ minimum: 1, description: 'Increases with every event, possibly with gaps' }),
      type: Type.Unsafe<string>({ type: 'string', enum: [type], description: 'What happened' }),
      timestamp: Type.String({ format: 'date-time', description: 'When it happened' }),
      data: data.length === 1 ? (data[0] as TSchema) : Type.Unsafe<object>({ anyOf: data }),
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
