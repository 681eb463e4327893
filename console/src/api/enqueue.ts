import { pendingChanges } from './pending.ts';

/** The last change of each record, so that the changes of one record are sent one after the other. */
const queues = new Map<string, Promise<unknown>>();

/** Runs a change of records after the earlier ones of each of them. */
export async function enqueueChange<R>(
  kind: { name: string },
  ids: readonly number[],
  run: () => Promise<R>,
): Promise<R> {
  const keys = ids.map((id) => `${kind.name}/${id}`);
  const result = Promise.allSettled(new Set(keys.map((key) => queues.get(key)))).then(run);
  for (const key of keys) {
    queues.set(key, result);
    pendingChanges.set(key, (pendingChanges.get(key) ?? 0) + 1);
  }
  try {
    return await result;
  } finally {
    for (const key of keys) {
      const left = (pendingChanges.get(key) ?? 1) - 1;
      if (left > 0) pendingChanges.set(key, left);
      else {
        pendingChanges.delete(key);
        queues.delete(key);
      }
    }
  }
}
