import type { Task, TaskChanges } from '#client';
import { findRecord, patchRecord } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { TASKS } from '../api/records.ts';
import { beginUndo } from '../api/undo.ts';
import { changesOf } from '../api/use-change.ts';
import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';

/** The most items of a batch of the API. */
export const MAX_BATCH_ITEMS = 1000;

/**
 * Changes tasks at once, with undo: one with its version, several as a batch. Tasks that a change rejects stay as they were,
 * and are reported.
 *
 * @param changesFor the fields to change of each task; none to leave it.
 */
export async function changeTasks(
  tasks: readonly Task[],
  changesFor: (task: Task) => TaskChanges,
  label: string,
): Promise<void> {
  const current = tasks.map((task) => findRecord<Task>(TASKS, task.taskId) ?? task);
  const work = current
    .map((task) => ({ task, changes: changesFor(task) }))
    .filter(({ changes }) => Object.keys(changes).length > 0);
  const [only] = work;
  if (only === undefined) return;
  try {
    if (work.length === 1) await changesOf(TASKS).update(only.task, only.changes, { label });
    else await changeBatch(work, label);
  } catch (error) {
    showToast({ title: (error as Error).message, isError: true });
  } finally {
    // The numbers beside the views.
    void queryClient.invalidateQueries({ queryKey: [TASKS.name, 'related'] });
  }
}

interface Work {
  task: Task;
  changes: TaskChanges;
}

async function changeBatch(work: readonly Work[], label: string): Promise<void> {
  const pending = beginUndo(label);
  for (const { task, changes } of work) patchRecord(TASKS, merge(task, changes), undefined);
  const done: Work[] = [];
  const failed: string[] = [];
  try {
    for (let start = 0; start < work.length; start += MAX_BATCH_ITEMS) {
      const part = work.slice(start, start + MAX_BATCH_ITEMS);
      const items = part.map(({ task, changes }) => ({ ...changes, taskId: task.taskId }));
      const results = await api.tasks.updateBatch(items, { lenient: true });
      for (const [index, one] of part.entries()) {
        const result = results[index];
        patchRecord(TASKS, result?.task ?? one.task, undefined);
        if (result?.task !== undefined) done.push(one);
        else failed.push(result?.error?.message ?? '');
      }
    }
  } catch (error) {
    for (const { task } of work.slice(done.length + failed.length)) patchRecord(TASKS, task, undefined);
    throw error;
  } finally {
    const before = done.map(({ task, changes }) => ({ task: merge(task, changes), changes: previous(task, changes) }));
    if (before.length > 0) pending.ready(() => undoBatch(before));
    else pending.drop();
  }
  if (failed.length > 0) {
    showToast({ title: t('tasks.someFailed', { count: failed.length }), description: failed[0], isError: true });
  }
}

async function undoBatch(work: readonly Work[]): Promise<void> {
  const byId = new Map(work.map(({ task, changes }) => [task.taskId, changes]));
  await changeTasks(
    work.map(({ task }) => task),
    ({ taskId }) => byId.get(taskId) ?? {},
    t('tasks.undone'),
  );
}

/** A task with changes. A field that becomes null is missing. */
function merge(task: Task, changes: TaskChanges): Task {
  const merged = Object.entries({ ...task, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged) as unknown as Task;
}

/** The changes that restore these fields. */
function previous(task: Task, changes: TaskChanges): TaskChanges {
  const fields = Object.keys(changes) as (keyof Task)[];
  return Object.fromEntries(fields.map((field) => [field, task[field] ?? null]));
}
