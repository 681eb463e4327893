import { doesNotExist, invalidValue } from '../http/errors/api-error.ts';
import type { Operation } from '../http/resource/operation.ts';
import { tags } from './operations.ts';

const emptyList = (list: string) => invalidValue('body', list, [], 'a list of 1 to 1000 items');

const LIMITS = 'The body is at most 2 MiB. Counts as one request, and as one more for every 10 tasks.';

export const createTasks: Operation = {
  operationId: 'createTasks',
  tags,
  batch: true,
  idempotencyKey: true,
  summary: 'Create several tasks',
  description:
    'Creates up to 1,000 tasks in one transaction: all of them or, if any is rejected, none. With `Prefer: handling=lenient`, the ' +
    `others are created, and the response has a result for each. ${LIMITS}`,
  errorExamples: [emptyList('tasks'), doesNotExist('tasks[1].userId', 7)],
};

export const updateTasks: Operation = {
  operationId: 'updateTasks',
  tags,
  batch: true,
  summary: 'Update several tasks',
  description:
    'Changes up to 1,000 tasks in one transaction, each as `PATCH /tasks/{taskId}` does: all of them or, if any is rejected, none. ' +
    'With `Prefer: handling=lenient`, the others are changed, and the response has `results` instead of `tasks`. ' +
    LIMITS,
  errorExamples: [emptyList('tasks'), doesNotExist('tasks[1].taskId', 7, 'task')],
};

export const deleteTasks: Operation = {
  operationId: 'deleteTasks',
  tags,
  batch: true,
  summary: 'Delete several tasks',
  description:
    'Deletes up to 1,000 tasks in one transaction: all of them or, if any is rejected, none. With `Prefer: handling=lenient`, the ' +
    `others are deleted, and the response has a result for each. ${LIMITS}`,
  errorExamples: [emptyList('taskIds'), doesNotExist('taskIds[1]', 7, 'task')],
};
