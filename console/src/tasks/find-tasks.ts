import type { Task } from '#client';
import { findRecords } from '../api/cache.ts';
import { TASKS } from '../api/records.ts';

/** The tasks with these IDs, as they are shown. Those that are no longer there are left out. */
export function findTasks(ids: readonly number[]): Task[] {
  return findRecords<Task>(TASKS, ids);
}
