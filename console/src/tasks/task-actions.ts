import type { Task, TaskStatus } from '#client';
import { t } from '../i18n/t.ts';
import { changeTasks } from './change-tasks.ts';
import { deleteTasks } from './delete-tasks.ts';
import { daysLater } from './due-date.ts';

// Each is shown at once, and can be undone for ten seconds.

export function setStatus(tasks: readonly Task[], taskStatus: TaskStatus): Promise<void> {
  const label = t('tasks.statusSet', { count: tasks.length, status: t(`ui.${taskStatus}`) });
  return changeTasks(tasks, (task) => (task.taskStatus === taskStatus ? {} : { taskStatus }), label);
}

/** Moves due dates. @param dueDateOf the new date of a task, in RFC 3339. */
export function moveTo(tasks: readonly Task[], dueDateOf: (task: Task) => string): Promise<void> {
  const label = t('tasks.dueSet', { count: tasks.length });
  return changeTasks(tasks, (task) => ({ dueDate: dueDateOf(task) }), label);
}

export function shiftDue(tasks: readonly Task[], days: number): Promise<void> {
  return moveTo(tasks, ({ dueDate }) => daysLater(dueDate, days));
}

export function deleteWithUndo(tasks: readonly Task[]): void {
  deleteTasks(tasks, t('tasks.deleted', { count: tasks.length }));
}
