import { IF_MATCH } from '../http/errors/if-match.ts';
import { batchBody, itemResults } from '../http/resource/batch.ts';
import { ResourceId } from '../http/resource/ids.ts';
import { Type } from '../type.ts';
import { NewTaskSchema, TASK, TaskChangesSchema, TaskSchema } from './schema.ts';

const { taskId, ...NEW_TASK } = TASK;

export const NewTaskBatchSchema = batchBody('tasks', NewTaskSchema, {
  title: 'NewTaskBatch',
  examples: [{ tasks: [NEW_TASK] }],
});

const { properties: changes } = TaskChangesSchema;
const { taskId: _, ...changeable } = changes;

/** The changes of one task: its ID and at least one other field. */
export const TaskBatchChangesSchema = Type.Object(
  {
    taskId: ResourceId('The task to change. Each only once'),
    ifMatch: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        pattern: IF_MATCH,
        description: 'As the header `If-Match`: the `ETag` of the task, in double quotes; several with commas; or `*`',
      }),
    ),
    ...changeable,
  },
  {
    title: 'TaskBatchChanges',
    additionalProperties: false,
    minProperties: 2,
    examples: [{ taskId, taskStatus: 'COMPLETED' }],
  },
);

export const TaskBatchUpdateSchema = batchBody('tasks', TaskBatchChangesSchema, {
  title: 'TaskBatchUpdate',
  examples: [{ tasks: [{ taskId, taskStatus: 'COMPLETED' }] }],
});

export const DeletedTaskSchema = ResourceId('The task to delete. Each only once');

export const TaskBatchDeletionSchema = batchBody('taskIds', DeletedTaskSchema, {
  title: 'TaskBatchDeletion',
  examples: [{ taskIds: [taskId] }],
});

/** The response to a lenient batch of new tasks. */
export const TaskResultsSchema = Type.Object(
  { results: itemResults({ task: TaskSchema }, 201, 'TaskResult') },
  { title: 'TaskResults', examples: [{ results: [{ status: 201, task: TASK }] }] },
);

/** The response to a batch of updates, lenient or not. */
export const UpdatedTasksSchema = Type.Object(
  {
    tasks: Type.Optional(Type.Array(TaskSchema, { description: 'The updated tasks, in order' })),
    results: Type.Optional(itemResults({ task: TaskSchema }, 200, 'UpdatedTaskResult')),
  },
  { title: 'UpdatedTasks', examples: [{ tasks: [TASK] }] },
);

/** The response to a lenient batch of deletions. */
export const DeletionResultsSchema = Type.Object(
  { results: itemResults({}, 204, 'DeletionResult') },
  { title: 'DeletionResults', examples: [{ results: [{ status: 204 }] }] },
);
