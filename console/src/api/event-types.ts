import type { EventType } from '#client';

/** The types of events that the feed has, and that webhooks can get. */
export const EVENT_TYPES = [
  'user.created',
  'user.updated',
  'user.deleted',
  'task.created',
  'task.updated',
  'task.completed',
  'task.deleted',
  'task.reminder',
] as const satisfies readonly EventType[];
