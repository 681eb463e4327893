import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Static } from 'typebox';
import type { ListStream, Page } from '../domain/lists.ts';
import { VersionMismatch } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type { Task, TaskChangeOptions, TaskFilter, TaskQuery, TaskSortField } from '../domain/tasks.ts';
import { NoSuchUser } from '../domain/users.ts';
import { toMicroseconds, toMilliseconds } from '../formats/date-time.ts';
import { type ApiError, doesNotExist, forbidden, notFound, preconditionFailed } from '../http/errors/api-error.ts';
import { varyByAccept } from '../http/media-types.ts';
import { originOf, restrictedUserId } from '../http/request.ts';
import { expectedVersions, sendTagged, versionTag } from '../http/resource/etag.ts';
import { createdItem, creationOptions } from '../http/resource/idempotency.ts';
import { ignoreOwnId } from '../http/resource/ids.ts';
import { readParameters } from '../http/resource/list-parameters.ts';
import { type ListResource, sendList, toListQuery } from '../http/resource/list-response.ts';
import { type ListStreams, listRules, wantsLines } from '../http/resource/list-stream.ts';
import { NoContent } from '../http/resource/operation.ts';
import { toSearch } from '../http/resource/search.ts';
import { taskBatchRoutes } from './batch-routes.ts';
import { toNewTask, toTaskChanges } from './input.ts';
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
    const { userId, taskId, taskStatus, dueAfter, dueBefore, overdue, updatedSince, _search } = request.query as Static<
      typeof TaskListParameters
    >;
    const filter: TaskFilter = {};
    if (userId !== undefined) filter.userId = userId;
    if (taskId !== undefined) filter.taskIds = taskId;
    if (taskStatus !== undefined) filter.taskStatuses = taskStatus;
    if (dueAfter !== undefined) filter.dueAfter = toMicroseconds(dueAfter);
    if (dueBefore !== undefined) filter.dueBefore = toMicroseconds(dueBefore);
    if (overdue !== undefined) filter.overdue = overdue;
    if (updatedSince !== undefined) filter.updatedSince = toMilliseconds(updatedSince);
    if (_search !== undefined) filter.search = toSearch(_search);
    const ownUserId = restrictedUserId(request);
    if (ownUserId !== undefined) filter.userId = ownUserId;
    return filter;
  },
  dependsOnTime: ({ overdue }) => overdue !== undefined,
};

export interface TaskRoutesOptions {
  store: Store;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  listStreams: ListStreams;
}

/** `/tasks` */
export const taskRoutes: FastifyPluginAsyncTypebox<TaskRoutesOptions> = async (app, options) => {
  const { store, clock, listStreams } = options;
  /** Rejects user tokens that do not own the task, before the body is validated and whether the task exists or not. */
  const requireOwnership: onRequestAsyncHookHandler = async (request) => {
    const ownUserId = restrictedUserId(request);
    const { taskId } = request.params as { taskId: unknown };
    // An invalid ID is rejected later, by validation.
    if (ownUserId === undefined || typeof taskId !== 'number') return;
    if ((await store.tasks.get(taskId))?.userId !== ownUserId) throw forbidden();
  };

  app.post(
    '/tasks',
    {
      config: { scope: 'tasks:write', ownership: 'handler' },
      schema: { ...createTask, body: NewTaskSchema, response: { 201: TaskSchema } },
    },
    async (request, reply) => {
      const { userId } = request.body;
      const options = creationOptions(request);
      if ((restrictedUserId(request) ?? userId) !== userId) throw forbidden();
      const outcome = await store.tasks.create(toNewTask(request.body), options);
      if (outcome === NoSuchUser) throw doesNotExist('userId', userId);
      const task = createdItem(outcome, reply);
      reply.header('location', `/tasks/${task.taskId}`).header('etag', versionTag(task.version));
      return reply.code(201).send(task);
    },
  );

  app.get(
    '/tasks',
    {
      config: { scope: 'tasks:read', ownership: 'handler', rules: listRules(LIST) },
      schema: { ...listTasks, querystring: TaskListParameters, response: { 200: TaskListSchema } },
      preValidation: readParameters(TaskListParameters),
    },
    async (request, reply) => {
      const { userId } = request.query;
      const ownUserId = restrictedUserId(request);
      const othersOnly = ownUserId !== undefined && userId !== undefined && userId !== ownUserId;
      const query = toListQuery(request, LIST, clock());
      varyByAccept(reply);
      if (wantsLines(request)) {
        return listStreams.send(request, reply, (signal) => {
          return othersOnly ? noLines() : store.tasks.stream(query, signal);
        });
      }
      const page = othersOnly ? emptyPage(query) : await store.tasks.list(query);
      return sendList(request, reply, LIST, query, page);
    },
  );

  app.get(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:read', ownership: 'handler' },
      schema: { ...getTask, params: TaskParams, response: { 200: TaskSchema } },
    },
    async (request, reply) => {
      const task = await store.tasks.get(request.params.taskId);
      const ownUserId = restrictedUserId(request);
      // Checked on the task that is returned, because a task read earlier may have been reassigned since.
      if (ownUserId !== undefined && task?.userId !== ownUserId) throw forbidden();
      if (task === undefined) throw notFound();
      return sendTagged(request, reply, versionTag(task.version), task);
    },
  );

  app.patch(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:write', ownership: 'handler' },
      onRequest: requireOwnership,
      schema: { ...updateTask, params: TaskParams, body: TaskChangesSchema, response: { 200: TaskSchema } },
      preValidation: ignoreOwnId('taskId'),
    },
    async (request, reply) => {
      const { userId } = request.body;
      const options = changeOptions(request);
      if (userId !== undefined && (options.ownerId ?? userId) !== userId) throw forbidden();
      const task = await store.tasks.update(request.params.taskId, toTaskChanges(request.body), options);
      if (task === undefined) throw notFoundOrForbidden(options);
      if (task === VersionMismatch) throw preconditionFailed();
      if (task === NoSuchUser) throw doesNotExist('userId', userId as number);
      return reply.header('etag', versionTag(task.version)).send(task);
    },
  );

  app.delete(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:write', ownership: 'handler' },
      onRequest: requireOwnership,
      schema: { ...deleteTask, params: TaskParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      const options = changeOptions(request);
      const outcome = await store.tasks.delete(request.params.taskId, options);
      if (outcome === VersionMismatch) throw preconditionFailed();
      if (!outcome) throw notFoundOrForbidden(options);
      return reply.code(204).send();
    },
  );

  await app.register(taskBatchRoutes, { store });
};

function emptyPage({ count }: TaskQuery): Page<Task> {
  return { items: [], more: false, ...(count && { total: 0 }) };
}

async function* noLines(): ListStream {}

function changeOptions(request: FastifyRequest): TaskChangeOptions {
  return { ...originOf(request), versions: expectedVersions(request), ownerId: restrictedUserId(request) };
}

/** A user token gets the same response for a task that does not exist and for a task of another user. */
function notFoundOrForbidden({ ownerId }: TaskChangeOptions): ApiError {
  return ownerId === undefined ? notFound() : forbidden();
}
