import type { Change } from '../domain/changes.ts';
import type { Principal } from '../domain/principal.ts';
import { holdsScope } from '../domain/principal.ts';
import { formatInstant } from '../formats/date-time.ts';

/** An event in responses, streams and deliveries. */
export interface Event {
  sequence: number;
  type: string;
  timestamp: string;
  data: object;
}

/** Converts an entry of the change log to an event. */
export function toEvent({ sequence, type, at, userId, taskId, after }: Change): Event {
  const ids = { ...(taskId !== null && { taskId }), userId };
  return { sequence, type, timestamp: formatInstant(at), data: after ?? ids };
}

/** A filter for the events that a token may read, or undefined if it may read none. */
export function visibleTo(principal: Principal): ((change: Change) => boolean) | undefined {
  const users = holdsScope(principal, 'users:read');
  const tasks = holdsScope(principal, 'tasks:read');
  if (!users && !tasks) return undefined;
  return ({ type }) => (users && type.startsWith('user.')) || (tasks && type.startsWith('task.'));
}
