import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Static } from 'typebox';
import type { Page } from '../domain/lists.ts';
import { VersionMismatch } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type { Task, TaskChangeOptions, TaskFilter, TaskQuery, TaskSortField } from '../domain/tasks.ts';
import { NoSuchUser } from '../domain/users.ts';
import { toMicroseconds, toMilliseconds, toRfc3339 } from '../formats/date-time.ts';
import { type ApiError, doesNotExist, forbidden, notFound, preconditionFailed } from '../http/errors/api-error.ts';
import { actorOf, boundUser } from '../http/request.ts';
import { expectedVersions, sendTagged, versionTag } from '../http/resource/etag.ts';
import { createdItem, creationOptions } from '../http/resource/idempotency.ts';
import { ignoreOwnId } from '../http/resource/ids.ts';
import { readIntegers } from '../http/resource/list-parameters.ts';
import { cursorRule, type ListResource, sendList, toListQuery } from '../http/resource/list-response.ts';
import { NoContent } from '../http/resource/operation.ts';
import { createTask, deleteTask, getTask, listTasks, updateTask } from './operations.ts';
import {
  NewTaskSchema,
  TaskChangesSchema,
  TaskListParameters,
  TaskListSchema,
  TaskParams,
  TaskSchema,
} from './schema.ts';

const LIST: ListResource<Task, TaskSortField, TaskFilter> = {
  path: () => '/tasks',
  name: 'tasks',
  id: 'taskId',
  kinds: {
    taskId: 'number',
    userId: 'number',
    taskTitle: 'text',
    taskStatus: 'text',
    dueDate: 'instant',
    warningOffset: 'number',
  },
  sortValue: (task, field) => (field === 'dueDate' ? toMicroseconds(task.dueDate) : task[field]),
  filter(request) {
    const { userId, taskStatus, updatedSince } = request.query as Static<typeof TaskListParameters>;
    const filter: TaskFilter = {};
    if (userId !== undefined) filter.userId = userId;
    if (taskStatus !== undefined) filter.taskStatus = taskStatus;
    if (updatedSince !== undefined) filter.updatedSince = toMilliseconds(updatedSince);
    const bound = boundUser(request);
    if (bound !== undefined) filter.userId = bound;
    return filter;
  },
};

/** `/tasks` (contract, section 2). */
export const taskRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  /** A token bound to a user sees that user's tasks only: before the body is looked at, and whether there is a task. */
  const ownTask: onRequestAsyncHookHandler = async (request) => {
    const bound = boundUser(request);
    const { taskId } = request.params as { taskId: unknown };
    // What is no id is nobody's: it is refused later, as such.
    if (bound === undefined || typeof taskId !== 'number') return;
    if ((await store.tasks.get(taskId))?.userId !== bound) throw forbidden();
  };

  app.post(
    '/tasks',
    {
      config: { scope: 'tasks:write', boundBy: 'handler' },
      schema: { ...createTask, body: NewTaskSchema, response: { 201: TaskSchema } },
    },
    async (request, reply) => {
      const { userId, taskTitle, taskDescription = null, taskStatus = 'NOT_STARTED' } = request.body;
      const { dueDate, warningOffset } = request.body;
      const options = creationOptions(request);
      if ((boundUser(request) ?? userId) !== userId) throw forbidden();
      const newTask = {
        userId,
        taskTitle,
        taskDescription,
        taskStatus,
        dueDate: toRfc3339(dueDate),
        dueAt: toMicroseconds(dueDate),
        warningOffset,
      };
      const outcome = await store.tasks.create(newTask, options);
      if (outcome === NoSuchUser) throw doesNotExist('userId', userId);
      const task = createdItem(outcome, reply);
      reply.header('location', `/tasks/${task.taskId}`).header('etag', versionTag(task.version));
      return reply.code(201).send(task);
    },
  );

  app.get(
    '/tasks',
    {
      config: { scope: 'tasks:read', boundBy: 'handler', rules: cursorRule(LIST) },
      schema: { ...listTasks, querystring: TaskListParameters, response: { 200: TaskListSchema } },
      preValidation: readIntegers(TaskListParameters),
    },
    async (request, reply) => {
      const { userId } = request.query;
      const bound = boundUser(request);
      const query = toListQuery(request, LIST);
      const othersOnly = bound !== undefined && userId !== undefined && userId !== bound;
      const page = othersOnly ? emptyPage(query) : await store.tasks.list(query);
      return sendList(request, reply, LIST, query, page);
    },
  );

  app.get(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:read', boundBy: 'handler' },
      schema: { ...getTask, params: TaskParams, response: { 200: TaskSchema } },
    },
    async (request, reply) => {
      const task = await store.tasks.get(request.params.taskId);
      const bound = boundUser(request);
      // Judged by what is shown: between two readings the task may go to somebody else.
      if (bound !== undefined && task?.userId !== bound) throw forbidden();
      if (task === undefined) throw notFound();
      return sendTagged(request, reply, versionTag(task.version), task);
    },
  );

  app.patch(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:write', boundBy: 'handler' },
      onRequest: ownTask,
      schema: { ...updateTask, params: TaskParams, body: TaskChangesSchema, response: { 200: TaskSchema } },
      preValidation: ignoreOwnId('taskId'),
    },
    async (request, reply) => {
      const { userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = request.body;
      const options = changeOptions(request);
      if (userId !== undefined && (options.ownerId ?? userId) !== userId) throw forbidden();
      const changes = {
        ...(userId !== undefined && { userId }),
        ...(taskTitle !== undefined && { taskTitle }),
        ...(taskDescription !== undefined && { taskDescription }),
        ...(taskStatus !== undefined && { taskStatus }),
        ...(dueDate !== undefined && { dueDate: toRfc3339(dueDate), dueAt: toMicroseconds(dueDate) }),
        ...(warningOffset !== undefined && { warningOffset }),
      };
      const task = await store.tasks.update(request.params.taskId, changes, options);
      if (task === undefined) throw notThere(options);
      if (task === VersionMismatch) throw preconditionFailed();
      if (task === NoSuchUser) throw doesNotExist('userId', userId as number);
      return reply.header('etag', versionTag(task.version)).send(task);
    },
  );

  app.delete(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:write', boundBy: 'handler' },
      onRequest: ownTask,
      schema: { ...deleteTask, params: TaskParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      const options = changeOptions(request);
      const outcome = await store.tasks.delete(request.params.taskId, options);
      if (outcome === VersionMismatch) throw preconditionFailed();
      if (!outcome) throw notThere(options);
      return reply.code(204).send();
    },
  );
};

function emptyPage({ count }: TaskQuery): Page<Task> {
  return { items: [], more: false, ...(count && { total: 0 }) };
}

function changeOptions(request: FastifyRequest): TaskChangeOptions {
  return { actor: actorOf(request), versions: expectedVersions(request), ownerId: boundUser(request) };
}

/** To a token bound to a user a task that has gone, or gone to somebody else, is as any that is not the user's. */
function notThere({ ownerId }: TaskChangeOptions): ApiError {
  return ownerId === undefined ? notFound() : forbidden();
}
