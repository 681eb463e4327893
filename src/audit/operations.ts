import type { Operation } from '../http/resource/operation.ts';

export const listAudit: Operation = {
  operationId: 'listAudit',
  tags: ['audit'],
  summary: 'List all changes',
  description:
    'Lists what was changed, by whom and when, the oldest first unless `_sort=-sequence` asks for the newest. When a user is ' +
    'deleted the entries stay, but what they tell of the user’s data is erased.',
};

export const listHistory: Operation = {
  operationId: 'listHistory',
  tags: ['audit'],
  summary: 'List the changes of a task',
  description: 'Lists what was changed of one task, as the audit does. A task that is deleted has its history still.',
};
