import { ResourceId } from '../http/resource/ids.ts';
import type { Resource } from '../http/resource/resource.ts';
import { Type } from '../type.ts';
import { type TaskRoutesOptions, taskRoutes } from './routes.ts';
import { TASK, TaskSchema } from './schema.ts';

const TaskIdsSchema = Type.Object(
  { taskId: ResourceId('The task'), userId: ResourceId('The owner of the task') },
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

export const TASKS: Resource<TaskRoutesOptions> = {
  routes: taskRoutes,
  events: {
    'task.created': [TaskSchema, TaskIdsSchema],
    'task.updated': [TaskSchema, TaskIdsSchema],
    'task.completed': [TaskSchema, TaskIdsSchema],
    'task.deleted': [TaskIdsSchema],
    'task.reminder': [RemindedTaskSchema, TaskIdsSchema],
  },
};
