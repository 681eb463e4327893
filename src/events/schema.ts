import { Type } from 'typebox';
import { SAVED_JOHN } from '../users/schema.ts';

const EVENT = { sequence: 42, type: 'user.created', timestamp: '2026-06-30T15:21:08.105Z', data: SAVED_JOHN };

/** What events there are. */
export const EVENT_TYPES = [
  ...['user.created', 'user.updated', 'user.deleted'],
  ...['task.created', 'task.updated', 'task.completed', 'task.deleted', 'task.reminder'],
];

/** An event as responses show it. */
export const EventSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1, description: 'Grows with every event; there may be gaps' }),
    type: Type.Unsafe<string>({ type: 'string', enum: EVENT_TYPES, description: 'What happened' }),
    timestamp: Type.String({ format: 'date-time', description: 'When it did' }),
    data: Type.Unsafe<object>({
      type: 'object',
      additionalProperties: true,
      description:
        'The user or the task as it was from then on, with `"late": true` in a reminder that comes a minute or more ' +
        'after its time. The ids alone where it was deleted, or the user has been since',
    }),
  },
  { title: 'Event', examples: [EVENT] },
);

export const EventListSchema = Type.Object(
  { events: Type.Array(EventSchema) },
  { title: 'EventList', examples: [{ events: [EVENT] }] },
);

/** How many events are on a page, at most and unless told. */
const MAX_PER_PAGE = 1000;
export const DEFAULT_PER_PAGE = 100;

export const EventParameters = Type.Object(
  {
    _after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The `sequence` of the last event that you have; without it the list begins with the oldest',
      }),
    ),
    _perPage: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PER_PAGE,
        default: DEFAULT_PER_PAGE,
        description: 'How many on a page, at most',
      }),
    ),
  },
  { additionalProperties: false },
);
