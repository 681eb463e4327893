import type { Static } from 'typebox';
import type { NewTask, TaskChanges } from '../domain/tasks.ts';
import { toMicroseconds, toRfc3339 } from '../formats/date-time.ts';
import type { NewTaskSchema, TaskChangesSchema } from './schema.ts';

/** The task of a valid body. */
export function toNewTask(body: Static<typeof NewTaskSchema>): NewTask {
  const { userId, taskTitle, taskDescription = null, taskStatus = 'NOT_STARTED', dueDate, warningOffset } = body;
  return {
    userId,
    taskTitle,
    taskDescription,
    taskStatus,
    dueDate: toRfc3339(dueDate),
    dueAt: toMicroseconds(dueDate),
    warningOffset,
  };
}

/** The changes of a valid body. */
export function toTaskChanges(body: Static<typeof TaskChangesSchema>): TaskChanges {
  const { userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = body;
  return {
    ...(userId !== undefined && { userId }),
    ...(taskTitle !== undefined && { taskTitle }),
    ...(taskDescription !== undefined && { taskDescription }),
    ...(taskStatus !== undefined && { taskStatus }),
    ...(dueDate !== undefined && { dueDate: toRfc3339(dueDate), dueAt: toMicroseconds(dueDate) }),
    ...(warningOffset !== undefined && { warningOffset }),
  };
}
