import { type TProperties, Type } from 'typebox';
import { TASK_STATUSES, type TaskSortField, type TaskStatus } from '../domain/tasks.ts';
import { TEXT, VISIBLE_TEXT } from '../formats/text.ts';
import { OwnId, ReadOnly, ResourceId } from '../http/resource/ids.ts';
import { listParameters } from '../http/resource/list-parameters.ts';

const NEW_TASK = {
  userId: 1,
  taskTitle: 'Write the report',
  taskDescription: 'Two pages with the figures of the first quarter',
  taskStatus: 'NOT_STARTED',
  dueDate: '2026-06-30T17:00:00Z',
  warningOffset: 60,
};
export const TASK = { taskId: 1, ...NEW_TASK };

const Status = (description: string) =>
  Type.Unsafe<TaskStatus>({ type: 'string', enum: [...TASK_STATUSES], description });

const userId = ResourceId('The owner: an existing user');
const taskTitle = Type.String({ minLength: 1, maxLength: 80, pattern: VISIBLE_TEXT, description: 'Title' });
const description = { minLength: 1, maxLength: 255, pattern: TEXT };
const taskStatus = Status('Where the task stands; each status may follow each');
const dueDate = Type.String({
  format: 'date-time',
  description: 'When it is due, as ISO 8601; without a zone, in UTC',
});
const warningOffset = Type.Integer({
  minimum: 0,
  maximum: 64_000,
  description: 'Minutes before `dueDate` at which there is a reminder',
});

/** A task as responses show it, in the order of the contract's table. */
export const TaskSchema = Type.Object(
  {
    taskId: ResourceId('Generated; never used again'),
    userId,
    taskTitle,
    taskDescription: Type.Optional(Type.String({ ...description, description: 'Left out where there is none' })),
    taskStatus,
    dueDate,
    warningOffset,
  },
  { title: 'Task', examples: [TASK] },
);

export const TaskListSchema = Type.Object(
  { tasks: Type.Array(TaskSchema) },
  { title: 'TaskList', examples: [{ tasks: [TASK] }] },
);

/** What a client sends of a task (contract, section 1). */
const writable = {
  userId,
  taskTitle,
  taskDescription: Type.Optional(
    Type.Unsafe<string | null>({ type: ['string', 'null'], ...description, description: 'Null for none' }),
  ),
  taskStatus: Type.Optional(taskStatus),
  dueDate,
  warningOffset,
} satisfies TProperties;

export const NewTaskSchema = Type.Object(
  { taskId: ReadOnly, ...writable },
  { title: 'NewTask', additionalProperties: false, examples: [NEW_TASK] },
);

/** At least one field; the rest stays as it is. */
export const TaskChangesSchema = Type.Partial(Type.Object({ taskId: OwnId('taskId'), ...writable }), {
  title: 'TaskChanges',
  additionalProperties: false,
  minProperties: 1,
  examples: [{ taskStatus: 'IN_PROGRESS' }],
});

export const TaskParams = Type.Object({ taskId: ResourceId('The task’s id') });

export const TASK_SORT_FIELDS: readonly TaskSortField[] = [
  'taskId',
  'userId',
  'taskTitle',
  'taskStatus',
  'dueDate',
  'warningOffset',
];

export const TaskListParameters = Type.Object(
  {
    ...listParameters(TASK_SORT_FIELDS),
    taskStatus: Type.Optional(Status('Only tasks with this status')),
    userId: Type.Optional(ResourceId('Only tasks of this user')),
  },
  { additionalProperties: false },
);
