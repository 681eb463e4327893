import type { Task, TaskChanges } from '#client';
import { api } from '../api/client.ts';
import { TASKS } from '../api/records.ts';
import { type ChangedRecord, readVersions } from '../api/versions.ts';

/** The most items of a batch of the API. */
const MAX_BATCH_ITEMS = 1000;

/** A task as it was shown, and the fields to change. */
export interface TaskWork {
  task: Task;
  changes: TaskChanges;
}

/** What became of changes. */
export interface SentChanges {
  done: (TaskWork & { stored: Task })[];
  /** Not changed, because others have changed it since it was shown. */
  changed: (ChangedRecord<Task> & { changes: TaskChanges })[];
  rejected: (TaskWork & { reason: string })[];
  /** Tasks that no longer exist. */
  gone: Task[];
  /** What was not sent, because a request failed. */
  unsent: TaskWork[];
  error: unknown;
}

/** Changes tasks as batches, each task only in the version that was shown. Does not throw. */
export async function sendChanges(work: readonly TaskWork[]): Promise<SentChanges> {
  const sent: SentChanges = { done: [], changed: [], rejected: [], gone: [], unsent: [], error: undefined };
  const open = new Map(work.map((one) => [one.task.taskId, one]));
  const take = (taskId: number): TaskWork => {
    const one = open.get(taskId) as TaskWork;
    open.delete(taskId);
    return one;
  };
  /** Sorts out the tasks that are not as they were shown. */
  const readCurrent = async (tasks: readonly Task[]) => {
    const { same, changed, gone } = await readVersions(TASKS, tasks);
    for (const one of changed) sent.changed.push({ ...one, changes: take(one.shown.taskId).changes });
    for (const { taskId } of gone) sent.gone.push(take(taskId).task);
    return same;
  };
  try {
    const versions = await readCurrent(work.map(({ task }) => task));
    const overtaken: Task[] = [];
    for (let start = 0; start < versions.length; start += MAX_BATCH_ITEMS) {
      const part = versions.slice(start, start + MAX_BATCH_ITEMS);
      const items = part.map(({ record: { taskId }, etag }) => {
        const { changes } = open.get(taskId) as TaskWork;
        return { ...changes, taskId, ...(etag !== undefined && { ifMatch: etag }) };
      });
      const results = await api.tasks.updateBatch(items, { lenient: true });
      for (const [index, { record }] of part.entries()) {
        const { status, task, error } = results[index] ?? {};
        if (task !== undefined) sent.done.push({ ...take(record.taskId), stored: task });
        else if (status === 412) overtaken.push(record);
        else sent.rejected.push({ ...take(record.taskId), reason: error?.message ?? '' });
      }
    }
    // Between the two requests.
    for (const current of await readCurrent(overtaken)) {
      const { task, changes } = take(current.record.taskId);
      sent.changed.push({ shown: task, current, changes });
    }
  } catch (error) {
    sent.error = error;
  }
  sent.unsent.push(...open.values());
  return sent;
}
