import type { ApiEvent, Task, User } from '#client';
import { cachedRecord, dropRecord, findRecord, patchRecord } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { hasPendingChange } from '../api/pending.ts';
import { queryClient } from '../api/query-client.ts';
import { type RecordKind, TASKS, USERS } from '../api/records.ts';
import { createStore } from '../api/store.ts';
import { liveState } from '../api/stream-state.ts';
import { isSameRecord } from '../formats/records.ts';
import { setChanged } from './changed.ts';

/** The last event, for what must react to each: lists, the page of events. */
export const lastEvent = createStore<ApiEvent | undefined>(undefined);

/** Follows the event stream until the signal, and keeps the cache current. */
export async function followEvents(signal: AbortSignal): Promise<void> {
  // If events were missed, everything is read again.
  const onExpired = () => queryClient.invalidateQueries();
  try {
    for await (const event of api.events.follow({ signal, onExpired })) {
      apply(event);
      lastEvent.set(event);
    }
  } catch {
    // The token is no longer valid, or does not allow events.
    liveState.set('reconnecting');
  }
}

function apply({ type, data }: ApiEvent): void {
  if (type === 'task.updated' || type === 'task.completed') {
    if ('taskTitle' in data) update<Task>(TASKS, data);
  } else if (type === 'user.updated') {
    if ('firstName' in data) update<User>(USERS, data);
  } else if (type === 'task.deleted') {
    dropRecord<Task>(TASKS, data.taskId);
  } else if (type === 'user.deleted') {
    dropRecord<User>(USERS, data.userId);
  }
}

function update<T extends object>(kind: Pick<RecordKind<T, never, never>, 'name' | 'idOf'>, record: T): void {
  const id = kind.idOf(record);
  // What this browser is changing is shown as it will be; its own change comes back as an event.
  if (hasPendingChange(kind, id)) return;
  const cached = findRecord(kind, id);
  if (cached !== undefined && isSameRecord(cached, record)) return;
  setChanged(kind, id);
  const known = cachedRecord(kind, id);
  patchRecord(kind, record, known !== undefined && isSameRecord(known.record, record) ? known.etag : undefined);
}
