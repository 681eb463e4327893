import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { sendTagged, versionTag } from '../http/conditional.ts';
import { toMicroseconds, toMilliseconds, withZone } from '../http/date-time.ts';
import { doesNotExist, notFound } from '../http/errors.ts';
import { readIntegers } from '../http/list-parameters.ts';
import { type ListResource, sendList, toListQuery } from '../http/lists.ts';
import { NoContent } from '../http/operation.ts';
import { NoSuchUser, type Store, type Task, type TaskFilter, type TaskSortField } from '../storage/store.ts';
import { createTask, deleteTask, getTask, listTasks, updateTask } from './operations.ts';
import {
  NewTaskSchema,
  TaskChangesSchema,
  TaskListParameters,
  TaskListSchema,
  TaskParams,
  TaskSchema,
} from './schema.ts';

const LIST: ListResource<Task, TaskSortField> = {
  path: '/tasks',
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
};

/** `/tasks` (contract, section 2). */
export const taskRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.post(
    '/tasks',
    {
      config: { scope: 'tasks:write' },
      schema: { ...createTask, body: NewTaskSchema, response: { 201: TaskSchema } },
    },
    async (request, reply) => {
      const { userId, taskTitle, taskDescription = null, taskStatus = 'NOT_STARTED' } = request.body;
      const { dueDate, warningOffset } = request.body;
      const task = await store.createTask({
        userId,
        taskTitle,
        taskDescription,
        taskStatus,
        dueDate: withZone(dueDate),
        dueAt: toMicroseconds(dueDate),
        warningOffset,
      });
      if (task === NoSuchUser) throw doesNotExist('userId', userId);
      reply.header('location', `/tasks/${task.taskId}`).header('etag', versionTag(task.version));
      return reply.code(201).send(task);
    },
  );

  app.get(
    '/tasks',
    {
      config: { scope: 'tasks:read' },
      schema: { ...listTasks, querystring: TaskListParameters, response: { 200: TaskListSchema } },
      preValidation: readIntegers(TaskListParameters),
    },
    async (request, reply) => {
      const { userId, taskStatus, updatedSince } = request.query;
      const filter: TaskFilter = {};
      if (userId !== undefined) filter.userId = userId;
      if (taskStatus !== undefined) filter.taskStatus = taskStatus;
      if (updatedSince !== undefined) filter.updatedSince = toMilliseconds(updatedSince);
      const query = toListQuery(request, LIST, filter);
      return sendList(request, reply, LIST, query, await store.listTasks(query));
    },
  );

  app.get(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:read' },
      schema: { ...getTask, params: TaskParams, response: { 200: TaskSchema } },
    },
    async (request, reply) => {
      const task = await store.getTask(request.params.taskId);
      if (task === undefined) throw notFound();
      return sendTagged(request, reply, versionTag(task.version), task);
    },
  );

  app.patch(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:write' },
      schema: { ...updateTask, params: TaskParams, body: TaskChangesSchema, response: { 200: TaskSchema } },
    },
    async (request, reply) => {
      const { userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = request.body;
      const task = await store.updateTask(request.params.taskId, {
        ...(userId !== undefined && { userId }),
        ...(taskTitle !== undefined && { taskTitle }),
        ...(taskDescription !== undefined && { taskDescription }),
        ...(taskStatus !== undefined && { taskStatus }),
        ...(dueDate !== undefined && { dueDate: withZone(dueDate), dueAt: toMicroseconds(dueDate) }),
        ...(warningOffset !== undefined && { warningOffset }),
      });
      if (task === undefined) throw notFound();
      if (task === NoSuchUser) throw doesNotExist('userId', userId as number);
      return reply.header('etag', versionTag(task.version)).send(task);
    },
  );

  app.delete(
    '/tasks/:taskId',
    {
      config: { scope: 'tasks:write' },
      schema: { ...deleteTask, params: TaskParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      if (!(await store.deleteTask(request.params.taskId))) throw notFound();
      return reply.code(204).send();
    },
  );
};
