import type { ApiEvent, Task, User } from '#client';
import { dropRecord, patchRecord, refreshLists } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { TASKS, USERS } from '../api/records.ts';
import { createStore } from '../api/store.ts';
import { liveState } from '../api/stream-state.ts';

/** The last event, for what must react to each: the page of events, fading rows. */
export const lastEvent = createStore<ApiEvent | undefined>(undefined);

/** How long to collect events before lists are read again. */
const REFRESH_DELAY_MS = 250;

const stale = new Set<typeof TASKS | typeof USERS>();

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
  switch (type) {
    case 'task.updated':
    case 'task.completed':
      if ('taskTitle' in data) patchRecord<Task>(TASKS, data, undefined);
      return;
    case 'user.updated':
      if ('firstName' in data) patchRecord<User>(USERS, data, undefined);
      return;
    case 'task.deleted':
      dropRecord<Task>(TASKS, data.taskId);
      refreshSoon(TASKS);
      return;
    case 'user.deleted':
      dropRecord<User>(USERS, data.userId);
      refreshSoon(USERS);
      return;
    case 'task.created':
      refreshSoon(TASKS);
      return;
    case 'user.created':
      refreshSoon(USERS);
      return;
    case 'task.reminder':
  }
}

/** Reads lists again, once for events that arrive together. */
function refreshSoon(kind: typeof TASKS | typeof USERS): void {
  const isScheduled = stale.size > 0;
  stale.add(kind);
  if (isScheduled) return;
  setTimeout(() => {
    for (const one of stale) refreshLists(one);
    stale.clear();
  }, REFRESH_DELAY_MS);
}
