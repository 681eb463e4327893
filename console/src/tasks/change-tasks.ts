import type { Task, TaskChanges } from '#client';
import { type CachedRecord, findRecord, patchRecord, refreshLists } from '../api/cache.ts';
import { changesOf } from '../api/changes.ts';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { TASKS } from '../api/records.ts';
import { beginUndo } from '../api/undo.ts';
import { isSameRecord } from '../formats/records.ts';
import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';
import { readVersions } from './read-versions.ts';

/** The most items of a batch of the API. */
export const MAX_BATCH_ITEMS = 1000;

/**
 * Changes tasks at once, with undo: one with its version, several as a batch, up to 100 with their versions. Tasks that
 * others have changed since they were shown, and those that are rejected, stay as they were, and are reported.
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
  const open = new Set(work);
  const done: Work[] = [];
  const failed: string[] = [];
  const reject = (one: Work, { record, etag }: CachedRecord<Task>, reason: string) => {
    open.delete(one);
    patchRecord(TASKS, record, etag);
    failed.push(reason);
  };
  try {
    const versions = await readVersions(work.map(({ task }) => task));
    for (const one of work) {
      const current = versions.get(one.task.taskId);
      const isCurrent = current === undefined || isSameRecord(current.record, one.task);
      if (!isCurrent) reject(one, current, t('tasks.changedMeanwhile'));
    }
    const sent = [...open];
    for (let start = 0; start < sent.length; start += MAX_BATCH_ITEMS) {
      const part = sent.slice(start, start + MAX_BATCH_ITEMS);
      const items = part.map(({ task: { taskId }, changes }) => {
        const ifMatch = versions.get(taskId)?.etag;
        return { ...changes, taskId, ...(ifMatch !== undefined && { ifMatch }) };
      });
      const results = await api.tasks.updateBatch(items, { lenient: true });
      for (const [index, one] of part.entries()) {
        const { task, error } = results[index] ?? {};
        if (task === undefined) {
          reject(one, { record: one.task, etag: undefined }, error?.message ?? '');
          continue;
        }
        open.delete(one);
        patchRecord(TASKS, task, undefined);
        done.push(one);
      }
    }
  } finally {
    // What was not sent, because a request failed.
    for (const { task } of open) patchRecord(TASKS, task, undefined);
    const before = done.map(({ task, changes }) => ({ task: merge(task, changes), changes: previous(task, changes) }));
    if (before.length > 0) pending.ready(() => undoBatch(before));
    else pending.drop();
  }
  if (failed.length > 0) {
    showToast({ title: t('tasks.someFailed', { count: failed.length }), description: failed[0], isError: true });
    refreshLists(TASKS);
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
