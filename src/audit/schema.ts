import { CHANGE_TYPES, type ChangeType } from '../domain/changes.ts';
import { TEXT } from '../formats/text.ts';
import { ResourceId } from '../http/resource/ids.ts';
import { listParameters } from '../http/resource/list-parameters.ts';
import { Type } from '../type.ts';

const CHANGE = {
  sequence: 42,
  timestamp: '2026-06-30T15:21:08.105Z',
  type: 'task.completed',
  actor: '1',
  userId: 1,
  taskId: 7,
  before: { taskStatus: 'IN_PROGRESS' },
  after: { taskStatus: 'COMPLETED' },
};

const values = (description: string) =>
  Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description }));

/** An entry of the change log in responses. */
export const ChangeSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1, description: 'Increases with every change, possibly with gaps' }),
    timestamp: Type.String({ format: 'date-time', description: 'When the change was made' }),
    type: Type.String({ description: 'The resource and the change, such as `task.updated`' }),
    actor: Type.String({
      description:
        'Who made the change: the ID of a token, `jwt:…` for a token of an identity provider, followed by its client if it names one, `command-line` for an operator, ' +
        '`service` for the service itself, `0` for the token of development mode',
    }),
    userId: Type.Optional(ResourceId('The user, or the owner of the task or token')),
    taskId: Type.Optional(ResourceId('The task')),
    tokenId: Type.Optional(ResourceId('The token')),
    before: values('The changed fields with their old values. Omitted after they are erased'),
    after: values('The same fields with their new values. Omitted after they are erased'),
  },
  { title: 'Change', examples: [CHANGE] },
);

export const AuditSchema = Type.Object(
  { audit: Type.Array(ChangeSchema) },
  { title: 'Audit', examples: [{ audit: [CHANGE] }] },
);

export const HistorySchema = Type.Object(
  { history: Type.Array(ChangeSchema) },
  { title: 'History', examples: [{ history: [CHANGE] }] },
);

const { updatedSince, ...parameters } = listParameters(['sequence']);

export const HistoryParameters = Type.Object(parameters, { additionalProperties: false });

/** Longer than every actor: the ID of a JWT's subject and its client have up to 137 characters. */
const MAX_ACTOR = 200;

export const AuditParameters = Type.Object(
  {
    ...parameters,
    userId: Type.Optional(ResourceId('Only changes of this user, their tasks and their tokens')),
    taskId: Type.Optional(ResourceId('Only changes of this task')),
    type: Type.Optional(
      Type.Array(Type.Unsafe<ChangeType>({ type: 'string', enum: CHANGE_TYPES }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Only changes of one of these types',
      }),
    ),
    actor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ACTOR,
        pattern: TEXT,
        description: 'Only changes by exactly this actor, as in the entries',
      }),
    ),
    changedAfter: Type.Optional(
      Type.String({ format: 'date-time', description: 'Only changes made at or after this time' }),
    ),
    changedBefore: Type.Optional(
      Type.String({ format: 'date-time', description: 'Only changes made before this time' }),
    ),
  },
  { additionalProperties: false },
);
