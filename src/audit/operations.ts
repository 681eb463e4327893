import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'audit', description: 'What was changed, by whom and when (administrators only)' }];

export const listAudit: Operation = {
  operationId: 'listAudit',
  tags,
  replicated: true,
  summary: 'List all changes',
  description:
    'Returns a page of changes, with who made them and when. The oldest is first; use `_sort=-sequence` for the newest. ' +
    'When a user is deleted, the entries stay but the data of the user in them is erased.',
};

export const listHistory: Operation = {
  operationId: 'listHistory',
  tags,
  replicated: true,
  summary: 'List the changes of a task',
  description:
    'Returns a page of the changes of a task, in the format of the audit log. Deleted tasks keep their history.',
};
