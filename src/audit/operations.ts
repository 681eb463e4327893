import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'audit', description: 'What was changed, by whom and when: for administrators' }];

export const listAudit: Operation = {
  operationId: 'listAudit',
  tags,
  summary: 'List all changes',
  description:
    'Lists what was changed, by whom and when, the oldest first unless `_sort=-sequence` asks for the newest. When a user is ' +
    'deleted the entries stay, but what they tell of the user’s data is erased.',
};

export const listHistory: Operation = {
  operationId: 'listHistory',
  tags,
  summary: 'List the changes of a task',
  description: 'Lists what was changed of one task, as the audit does. A task that is deleted has its history still.',
};
