import type { Task } from '#client';
import { SERVICE_URL } from '../api/base.ts';
import type { CachedRecord } from '../api/cache.ts';
import { TASKS } from '../api/records.ts';
import { deleteVersions, versionsToDelete } from '../api/removals.ts';
import { session } from '../api/session.ts';
import { beginUndo, UNDO_MS } from '../api/undo.ts';
import { showToast } from '../ui/toast.tsx';
import { tasksToDelete } from './tasks-to-delete.ts';

type Versions = readonly CachedRecord<Task>[];

/** Browsers send some 250 requests of a page that is closed. */
const MAX_ON_CLOSE = 200;

/** What is deleted when the time to undo it has passed. */
const waiting = new Set<Versions>();

/**
 * Deletes tasks in ten seconds, unless it is undone. Until then, they are shown as deleted. The versions are those that were
 * shown, so what others change meanwhile is not deleted without asking.
 *
 * @param label what happened to so many tasks, in the past tense.
 */
export async function deleteTasks(tasks: readonly Task[], label: (count: number) => string): Promise<void> {
  const shown = tasks.filter(({ taskId }) => !tasksToDelete.get().has(taskId));
  if (shown.length === 0) return;
  const ids = shown.map(({ taskId }) => taskId);
  tasksToDelete.set(new Set([...tasksToDelete.get(), ...ids]));
  const pending = beginUndo();
  try {
    const versions = await versionsToDelete(TASKS, shown);
    const chosen = new Set(versions.map(({ record }) => record.taskId));
    unhide(ids.filter((id) => !chosen.has(id)));
    if (versions.length === 0) return pending.drop();
    const timer = setTimeout(() => void send(versions), UNDO_MS);
    waiting.add(versions);
    pending.ready(label(versions.length), () => {
      clearTimeout(timer);
      waiting.delete(versions);
      unhide([...chosen]);
    });
  } catch (error) {
    pending.drop();
    unhide(ids);
    showToast({ title: (error as Error).message, isError: true });
  }
}

async function send(versions: Versions): Promise<void> {
  waiting.delete(versions);
  try {
    await deleteVersions(TASKS, versions);
  } catch (error) {
    showToast({ title: (error as Error).message, isError: true });
  } finally {
    unhide(versions.map(({ record }) => record.taskId));
  }
}

function unhide(ids: readonly number[]): void {
  const removed = new Set(ids);
  tasksToDelete.set(new Set([...tasksToDelete.get()].filter((id) => !removed.has(id))));
}

// The others would stay. Browsers ask whether to leave the page.
addEventListener('beforeunload', (event) => {
  if ([...waiting].flat().length > MAX_ON_CLOSE) event.preventDefault();
});

// If the page is closed before, the deletion is not undone.
addEventListener('pagehide', () => {
  const token = session.get()?.token;
  if (token === undefined) return;
  for (const { record, etag } of [...waiting].flat()) {
    void fetch(`${SERVICE_URL}tasks/${record.taskId}`, {
      method: 'DELETE',
      keepalive: true,
      headers: { authorization: `Bearer ${token}`, ...(etag !== undefined && { 'if-match': etag }) },
    });
  }
});
