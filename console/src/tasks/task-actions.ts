import type { Task, TaskStatus } from '#client';
import { t } from '../i18n/t.ts';
import { changeTasks } from './change-tasks.ts';
import { deleteTasks } from './delete-tasks.ts';
import { daysLater } from './due-date.ts';

// Each is shown at once, and can be undone for ten seconds.

export function setStatus(tasks: readonly Task[], taskStatus: TaskStatus): Promise<void> {
  const label = (count: number) => t('tasks.statusSet', { count, status: t(`ui.${taskStatus}`) });
  return changeTasks(tasks, (task) => (task.taskStatus === taskStatus ? {} : { taskStatus }), label);
}

/** Moves due dates. @param dueDateOf the new date of a task, in RFC 3339. */
export function moveTo(tasks: readonly Task[], dueDateOf: (task: Task) => string): Promise<void> {
  return changeTasks(
    tasks,
    (task) => ({ dueDate: dueDateOf(task) }),
    (count) => t('tasks.dueSet', { count }),
  );
}

export function shiftDue(tasks: readonly Task[], days: number): Promise<void> {
  return moveTo(tasks, ({ dueDate }) => daysLater(dueDate, days));
}

export function deleteWithUndo(tasks: readonly Task[]): Promise<void> {
  return deleteTasks(tasks, (count) => t('tasks.deleted', { count }));
}
