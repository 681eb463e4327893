import type { Task } from '#client';
import { SERVICE_URL } from '../api/base.ts';
import { dropRecord, refreshLists } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { TASKS } from '../api/records.ts';
import { session } from '../api/session.ts';
import { offerUndo, UNDO_MS } from '../api/undo.ts';
import { showToast } from '../ui/toast.tsx';
import { MAX_BATCH_ITEMS } from './change-tasks.ts';
import { tasksToDelete } from './tasks-to-delete.ts';

/** Deletes tasks in ten seconds, unless it is undone. Until then, they are shown as deleted. */
export function deleteTasks(tasks: readonly Task[], label: string): void {
  const ids = tasks.map(({ taskId }) => taskId).filter((id) => !tasksToDelete.get().has(id));
  if (ids.length === 0) return;
  tasksToDelete.set(new Set([...tasksToDelete.get(), ...ids]));
  const timer = setTimeout(() => void send(ids), UNDO_MS);
  offerUndo(label, () => {
    clearTimeout(timer);
    unhide(ids);
  });
}

async function send(ids: readonly number[]): Promise<void> {
  try {
    for (let start = 0; start < ids.length; start += MAX_BATCH_ITEMS) {
      await api.tasks.deleteBatch(ids.slice(start, start + MAX_BATCH_ITEMS), { lenient: true });
    }
    for (const id of ids) dropRecord(TASKS, id);
    refreshLists(TASKS);
  } catch (error) {
    showToast({ title: (error as Error).message, isError: true });
  } finally {
    unhide(ids);
  }
}

function unhide(ids: readonly number[]): void {
  const removed = new Set(ids);
  tasksToDelete.set(new Set([...tasksToDelete.get()].filter((id) => !removed.has(id))));
}

// If the page is closed before, the deletion is not undone.
addEventListener('pagehide', () => {
  const taskIds = [...tasksToDelete.get()].slice(0, MAX_BATCH_ITEMS);
  const token = session.get()?.token;
  if (taskIds.length === 0 || token === undefined) return;
  void fetch(`${SERVICE_URL}tasks/batch-delete`, {
    method: 'POST',
    keepalive: true,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'handling=lenient' },
    body: JSON.stringify({ taskIds }),
  });
});
