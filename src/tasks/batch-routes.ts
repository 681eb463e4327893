import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { ItemRejection } from '../domain/batches.ts';
import type { Store } from '../domain/store.ts';
import type { NewTask, TaskBatchOptions, TaskUpdate } from '../domain/tasks.ts';
import {
  type ApiError,
  doesNotExist,
  forbidden,
  invalidValue,
  notFound,
  preconditionFailed,
} from '../http/errors/api-error.ts';
import { MAX_BATCH_BODY_BYTES } from '../http/json-body.ts';
import { originOf, restrictedUserId } from '../http/request.ts';
import {
  type Batch,
  batchCreationOptions,
  batchResults,
  createdItems,
  readBatch,
  sendBatch,
  validInputs,
} from '../http/resource/batch.ts';
import { itemVersions } from '../http/resource/etag.ts';
import { NoContent } from '../http/resource/operation.ts';
import { createTasks, deleteTasks, updateTasks } from './batch-operations.ts';
import {
  DeletedTaskSchema,
  DeletionResultsSchema,
  NewTaskBatchSchema,
  TaskBatchChangesSchema,
  TaskBatchDeletionSchema,
  TaskBatchUpdateSchema,
  TaskResultsSchema,
  UpdatedTasksSchema,
} from './batch-schema.ts';
import { toNewTask, toTaskChanges } from './input.ts';
import { NewTaskSchema, TaskListSchema } from './schema.ts';

/** `/tasks/batch` and `/tasks/batch-delete` */
export const taskBatchRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.post(
    '/tasks/batch',
    {
      config: { scope: 'tasks:write', ownership: 'handler', batchOf: 'tasks' },
      bodyLimit: MAX_BATCH_BODY_BYTES,
      schema: { ...createTasks, body: NewTaskBatchSchema, response: { 201: TaskListSchema, 200: TaskResultsSchema } },
    },
    async (request, reply) => {
      const ownUserId = restrictedUserId(request);
      const batch = await readBatch<Static<typeof NewTaskSchema>, NewTask>(request, {
        list: 'tasks',
        schema: NewTaskSchema,
        toInput: (item) => ((ownUserId ?? item.userId) === item.userId ? toNewTask(item) : forbidden()),
      });
      const created = await store.tasks.createBatch(validInputs(batch), batchCreationOptions(request, batch));
      const results = batchResults(batch, createdItems(created, reply), (rejection, { userId }, name) =>
        rejection === 'Erased' ? notFound() : doesNotExist(name.field('userId'), userId),
      );
      return sendBatch(reply, batch, results, { status: 201, toResult: (task) => ({ task }) });
    },
  );

  app.patch(
    '/tasks/batch',
    {
      config: { scope: 'tasks:write', ownership: 'handler', batchOf: 'tasks' },
      bodyLimit: MAX_BATCH_BODY_BYTES,
      schema: { ...updateTasks, body: TaskBatchUpdateSchema, response: { 200: UpdatedTasksSchema } },
    },
    async (request, reply) => {
      const ownUserId = restrictedUserId(request);
      const repeated = repeatedIds();
      const batch = await readBatch<Static<typeof TaskBatchChangesSchema>, TaskUpdate>(request, {
        list: 'tasks',
        schema: TaskBatchChangesSchema,
        toInput: ({ taskId, ifMatch, ...changes }, name) => {
          if (ownUserId !== undefined && (changes.userId ?? ownUserId) !== ownUserId) return forbidden();
          const update = { taskId, versions: itemVersions(ifMatch), changes: toTaskChanges(changes) };
          return repeated(taskId, name.field('taskId'), name.item) ?? update;
        },
      });
      const options = batchOptions(request, batch);
      const outcomes = await store.tasks.updateBatch(validInputs(batch), options);
      const results = batchResults(batch, outcomes, (rejection, { taskId, changes }, name) => {
        if (rejection === 'NoSuchUser') return doesNotExist(name.field('userId'), changes.userId as number);
        return changeError(rejection, name.field('taskId'), taskId, options);
      });
      return sendBatch(reply, batch, results, { status: 200, toResult: (task) => ({ task }) });
    },
  );

  app.post(
    '/tasks/batch-delete',
    {
      config: { scope: 'tasks:write', ownership: 'handler', batchOf: 'taskIds' },
      bodyLimit: MAX_BATCH_BODY_BYTES,
      schema: {
        ...deleteTasks,
        body: TaskBatchDeletionSchema,
        response: { 204: NoContent, 200: DeletionResultsSchema },
      },
    },
    async (request, reply) => {
      const repeated = repeatedIds();
      const batch = await readBatch<number, number>(request, {
        list: 'taskIds',
        schema: DeletedTaskSchema,
        toInput: (taskId, { item }) => repeated(taskId, item, item) ?? taskId,
      });
      const options = batchOptions(request, batch);
      const outcomes = await store.tasks.deleteBatch(validInputs(batch), options);
      const results = batchResults(batch, outcomes, (rejection, taskId, { item }) =>
        changeError(rejection, item, taskId, options),
      );
      return sendBatch(reply, batch, results, { status: 204, toResult: () => ({}) });
    },
  );
};

function batchOptions(request: FastifyRequest, { lenient }: Batch<unknown>): TaskBatchOptions {
  return { ...originOf(request), ownerId: restrictedUserId(request), lenient };
}

/** Returns a function that returns an error if an earlier item has the same id. */
function repeatedIds(): (taskId: number, field: string, item: string) => ApiError | undefined {
  const firstById = new Map<number, string>();
  return (taskId, field, item) => {
    const first = firstById.get(taskId);
    if (first !== undefined) return invalidValue('body', field, taskId, `different from that of \`${first}\``);
    firstById.set(taskId, item);
    return undefined;
  };
}

/** The error of an update or deletion. A user token gets the same for a task that does not exist and one of another user. */
function changeError(
  rejection: ItemRejection,
  field: string,
  taskId: number,
  { ownerId, lenient }: TaskBatchOptions,
): ApiError {
  if (rejection === 'VersionMismatch') return preconditionFailed();
  if (ownerId !== undefined) return forbidden();
  return lenient ? notFound() : doesNotExist(field, taskId, 'task');
}
