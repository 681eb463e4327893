import type { Static } from 'typebox';
import { TASK_STATUSES, type Task, type TaskStatus } from '../domain/tasks.ts';
import { ResourceId } from '../http/resource/ids.ts';
import { NewTaskSchema, TaskChangesSchema, TaskSchema } from '../tasks/schema.ts';
import { Type } from '../type.ts';
import { cursor, DEFAULT_LIMIT, items, limit, nextCursorField, requestId, search } from './arguments.ts';
import { idempotencyHeader, nextCursor, type Tool } from './tool.ts';

const Row = Type.Object({
  taskId: Type.Integer(),
  userId: Type.Integer(),
  taskTitle: Type.String(),
  taskStatus: Type.String(),
  dueDate: Type.String(),
});

/** A task without what lists of tasks are not read for. `get_task` has the rest. */
function toRow({ taskId, userId, taskTitle, taskStatus, dueDate }: Task): Static<typeof Row> {
  return { taskId, userId, taskTitle, taskStatus, dueDate };
}

const Rows = Type.Object({ tasks: Type.Array(Row) });

const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

const FindArguments = Type.Object(
  {
    userId: Type.Optional(ResourceId('Owner')),
    taskStatus: Type.Optional(
      Type.Array(Type.Unsafe<TaskStatus>({ type: 'string', enum: [...TASK_STATUSES] }), {
        minItems: 1,
        uniqueItems: true,
      }),
    ),
    dueAfter: time('Due at or after this time, ISO 8601'),
    dueBefore: time('Due before this time'),
    overdue: Type.Optional(Type.Boolean({ description: 'Due before now, and neither COMPLETED nor CANCELLED' })),
    search: search('title and description'),
    cursor,
    limit,
  },
  { additionalProperties: false },
);

const findTasks: Tool<Static<typeof FindArguments>> = {
  name: 'find_tasks',
  description: 'Find tasks, by due date. Combine any filters.',
  scopes: ['tasks:read'],
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: FindArguments,
  output: Type.Object({ ...Rows.properties, nextCursor: nextCursorField }),
  example: { userId: 1, overdue: true },
  async run({ search, cursor, limit = DEFAULT_LIMIT, ...filters }, call) {
    const query = { ...filters, _search: search, _cursor: cursor, _perPage: limit, _sort: 'dueDate' };
    const response = await call({ method: 'GET', path: '/tasks', query });
    const next = nextCursor(response);
    const { tasks } = response.json<{ tasks: Task[] }>();
    return { tasks: tasks.map(toRow), ...(next !== undefined && { nextCursor: next }) };
  },
};

const GetArguments = Type.Object({ taskId: ResourceId('The task') }, { additionalProperties: false });

const getTask: Tool<Static<typeof GetArguments>> = {
  name: 'get_task',
  description: 'Read one task with all its fields, and its version for update_tasks.',
  scopes: ['tasks:read'],
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: GetArguments,
  output: Type.Object({ task: TaskSchema, version: Type.Integer() }),
  example: { taskId: 1 },
  async run({ taskId }, call) {
    const response = await call({ method: 'GET', path: `/tasks/${taskId}` });
    return { task: response.json<Task>(), version: Number(JSON.parse(String(response.headers.etag))) };
  },
};

const { taskId: _generated, ...newTask } = NewTaskSchema.properties;

const CreateArguments = Type.Object(
  { tasks: items<object>(Type.Object(newTask), '1 to 50 tasks'), requestId },
  { additionalProperties: false },
);

const createTasks: Tool<Static<typeof CreateArguments>> = {
  name: 'create_tasks',
  description: 'Create tasks: all, or none if one is invalid.',
  scopes: ['tasks:write'],
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: CreateArguments,
  output: Rows,
  example: { tasks: [{ userId: 1, taskTitle: 'Call the bank', dueDate: '2030-01-31T09:00:00Z', warningOffset: 60 }] },
  async run({ tasks, requestId }, call) {
    const headers = idempotencyHeader(requestId);
    const response = await call({ method: 'POST', path: '/tasks/batch', body: { tasks }, headers });
    return { tasks: response.json<{ tasks: Task[] }>().tasks.map(toRow) };
  },
};

const { taskId: _own, ...changes } = TaskChangesSchema.properties;

const Update = Type.Object({
  taskId: ResourceId('The task'),
  version: Type.Optional(
    Type.Integer({ description: 'From get_task: rejects the call if the task has changed since' }),
  ),
  ...changes,
});

const UpdateArguments = Type.Object(
  { tasks: items<{ version?: unknown }>(Update, '1 to 50 tasks, each with the fields to change') },
  { additionalProperties: false },
);

const updateTasks: Tool<Static<typeof UpdateArguments>> = {
  name: 'update_tasks',
  description: 'Change tasks: all, or none if one is invalid. Fields that are left out keep their values.',
  scopes: ['tasks:write'],
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: UpdateArguments,
  output: Rows,
  example: { tasks: [{ taskId: 1, taskStatus: 'COMPLETED' }] },
  async run({ tasks }, call) {
    const body = { tasks: tasks.map(toUpdate) };
    const response = await call({ method: 'PATCH', path: '/tasks/batch', body });
    return { tasks: response.json<{ tasks: Task[] }>().tasks.map(toRow) };
  },
};

/** The item of a batch: its `ifMatch` has the version as an entity tag. */
function toUpdate(update: { version?: unknown }): object {
  if (typeof update !== 'object' || update === null || update.version === undefined) return update;
  const { version, ...rest } = update;
  return { ...rest, ifMatch: JSON.stringify(String(version)) };
}

const DeleteArguments = Type.Object(
  { taskIds: Type.Array(ResourceId('A task'), { minItems: 1, maxItems: 50 }) },
  { additionalProperties: false },
);

const deleteTasks: Tool<Static<typeof DeleteArguments>> = {
  name: 'delete_tasks',
  description: 'Delete tasks for good: all, or none if one does not exist. Ask the user first.',
  scopes: ['tasks:write'],
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input: DeleteArguments,
  output: Type.Object({ deleted: Type.Integer() }),
  example: { taskIds: [1] },
  async run({ taskIds }, call) {
    await call({ method: 'POST', path: '/tasks/batch-delete', body: { taskIds } });
    return { deleted: taskIds.length };
  },
};

export const TASK_TOOLS: readonly Tool[] = [findTasks, getTask, createTasks, updateTasks, deleteTasks];
