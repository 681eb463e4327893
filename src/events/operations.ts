import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'events', description: 'What happened, to sync from or to follow' }];

export const listEvents: Operation = {
  operationId: 'listEvents',
  tags,
  expires: true,
  streams: true,
  summary: 'List events, or follow them',
  description:
    'Lists what happened behind `_after`, in order. The `next` link goes on from there, now or later: whoever follows it ' +
    'misses nothing and sees nothing twice. With `Accept: text/event-stream` the answer does not end: events come as they ' +
    'happen, as server-sent events, from `Last-Event-ID` or `_after` on.\n\nA token with `users:read` sees the events of ' +
    'users, one with `tasks:read` those of tasks. A token bound to a user sees that user’s events only.',
};
