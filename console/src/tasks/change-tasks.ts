import type { Task, TaskChanges } from '#client';
import { dropRecord, patchRecords, refreshLists } from '../api/cache.ts';
import { askAboutChanged } from '../api/changed-records.ts';
import { changesOf } from '../api/changes.ts';
import { enqueueChange } from '../api/enqueue.ts';
import { queryClient } from '../api/query-client.ts';
import { TASKS } from '../api/records.ts';
import { beginUndo } from '../api/undo.ts';
import { fieldsBefore } from '../formats/records.ts';
import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';
import { findTasks } from './find-tasks.ts';
import { sendChanges, type TaskWork } from './send-changes.ts';

/**
 * Changes tasks at once, with undo: one by itself, several as batches, each with the version that was shown. About those that
 * others have changed since, it asks; those that are rejected stay as they were, and are reported.
 *
 * @param changesFor the fields to change of each task; none to leave it.
 * @param label what happened to so many tasks, in the past tense.
 */
export async function changeTasks(
  tasks: readonly Task[],
  changesFor: (task: Task) => TaskChanges,
  label: (count: number) => string,
): Promise<void> {
  const shown = new Map(findTasks(tasks.map(TASKS.idOf)).map((task) => [task.taskId, task]));
  const work = tasks
    .map((task) => shown.get(task.taskId) ?? task)
    .map((task) => ({ task, changes: changesFor(task) }))
    .filter(({ changes }) => Object.keys(changes).length > 0);
  try {
    await change(work, label);
  } catch (error) {
    showToast({ title: (error as Error).message, isError: true });
  } finally {
    // The numbers beside the views.
    void queryClient.invalidateQueries({ queryKey: [TASKS.name, 'related'] });
  }
}

async function change(work: readonly TaskWork[], label: (count: number) => string): Promise<void> {
  const [only] = work;
  if (only === undefined) return;
  if (work.length === 1) await changesOf(TASKS).update(only.task, only.changes, { label: label(1) });
  else await changeBatch(work, label);
}

async function changeBatch(work: readonly TaskWork[], label: (count: number) => string): Promise<void> {
  const pending = beginUndo();
  patchTasks(work.map(({ task, changes }) => merge(task, changes)));
  const ids = work.map(({ task }) => task.taskId);
  const { done, changed, rejected, gone, unsent, error } = await enqueueChange(TASKS, ids, () => sendChanges(work));
  patchTasks(done.map(({ stored }) => stored));
  patchTasks([...rejected, ...unsent].map(({ task }) => task));
  patchRecords(
    TASKS,
    changed.map(({ current }) => current),
  );
  for (const { taskId } of gone) dropRecord(TASKS, taskId);

  if (done.length > 0) pending.ready(label(done.length), () => undo(done));
  else pending.drop();
  const reasons = [...rejected.map(({ reason }) => reason), ...gone.map(() => t('tasks.gone'))];
  if (reasons.length > 0) {
    showToast({ title: t('tasks.someFailed', { count: reasons.length }), description: reasons[0], isError: true });
    refreshLists(TASKS);
  }
  if (error !== undefined) throw error;
  const chosen = await askAboutChanged(TASKS, 'change', changed);
  await change(
    chosen.map(({ current, changes }) => ({ task: current.record, changes })),
    label,
  );
}

/** Shows tasks, whose versions are not known. */
function patchTasks(tasks: readonly Task[]): void {
  patchRecords(
    TASKS,
    tasks.map((record) => ({ record, etag: undefined })),
  );
}

async function undo(work: readonly TaskWork[]): Promise<void> {
  const byId = new Map(work.map(({ task, changes }) => [task.taskId, fieldsBefore(task, changes)]));
  await changeTasks(
    work.map(({ task, changes }) => merge(task, changes)),
    ({ taskId }) => byId.get(taskId) ?? {},
    () => t('tasks.undone'),
  );
}

/** A task with changes. A field that becomes null is missing. */
function merge(task: Task, changes: TaskChanges): Task {
  const merged = Object.entries({ ...task, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged) as unknown as Task;
}
