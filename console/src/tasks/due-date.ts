import type { Task } from '#client';
import { TIME_ZONE } from '../formats/dates.ts';
import { DAY_MS, formatRfc3339, startOfDay, toInstant, toWallTime } from '../formats/zoned-time.ts';

/** Whether a task is due before now and not done. */
export function isOverdue({ dueDate, taskStatus }: Task, now: number): boolean {
  return taskStatus !== 'COMPLETED' && taskStatus !== 'CANCELLED' && Date.parse(dueDate) < now;
}

/** The due date some days later, at the same time of day in the reader's zone. */
export function daysLater(dueDate: string, days: number): string {
  const wall = toWallTime(Date.parse(dueDate), TIME_ZONE) + days * DAY_MS;
  return formatRfc3339(toInstant(wall, TIME_ZONE), TIME_ZONE);
}

/** The due date on another day, such as `2030-01-31`, at the same time of day in the reader's zone. */
export function onDay(dueDate: string, day: string): string {
  const wall = toWallTime(Date.parse(dueDate), TIME_ZONE);
  const moved = Date.parse(`${day}T00:00:00Z`) + (wall - startOfDay(wall));
  return formatRfc3339(toInstant(moved, TIME_ZONE), TIME_ZONE);
}
