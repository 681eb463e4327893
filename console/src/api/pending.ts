/** How many changes of each record are not yet stored. */
const pending = new Map<string, number>();

/** Whether this browser is changing a record. */
export function hasPendingChange(kind: { name: string }, id: number): boolean {
  return pending.has(`${kind.name}/${id}`);
}

/** The last change of each record, so that the changes of one record are sent one after the other. */
const queues = new Map<string, Promise<unknown>>();

/** Runs a change after the earlier ones of the same record. */
export async function enqueueChange<R>(kind: { name: string }, id: number, run: () => Promise<R>): Promise<R> {
  const key = `${kind.name}/${id}`;
  const result = (queues.get(key) ?? Promise.resolve()).then(run, run);
  queues.set(key, result);
  pending.set(key, (pending.get(key) ?? 0) + 1);
  try {
    return await result;
  } finally {
    const left = (pending.get(key) ?? 1) - 1;
    if (left > 0) pending.set(key, left);
    else {
      pending.delete(key);
      queues.delete(key);
    }
  }
}
