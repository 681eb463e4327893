import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'events', description: 'What happened to users and tasks, as a list or a stream' }];

export const listEvents: Operation = {
  operationId: 'listEvents',
  tags,
  expires: true,
  streams: true,
  replicated: true,
  summary: 'List or stream events',
  description:
    'Returns a page of the events after `_after`, in order. Following `next` links, now or later, never skips or repeats an ' +
    'event. With `Accept: text/event-stream` the response is a stream: events after `Last-Event-ID` or `_after` are sent as ' +
    'they happen, as server-sent events.\n\nThe scope `users:read` allows events of users, `tasks:read` events of tasks. A ' +
    'user token receives only the events of its user.',
};
