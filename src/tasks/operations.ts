import { doesNotExist } from '../http/errors/api-error.ts';
import { faultOf } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { NewTaskSchema } from './schema.ts';

const tags: [Tag] = [{ name: 'tasks', description: 'What users have to do, and by when' }];
const faults = [
  doesNotExist('userId', 7),
  faultOf(NewTaskSchema, 'taskTitle', 'maxLength'),
  faultOf(NewTaskSchema, 'taskStatus', 'enum', 'DONE'),
  faultOf(NewTaskSchema, 'dueDate', 'format'),
  faultOf(NewTaskSchema, 'warningOffset', 'maximum'),
];

export const createTask: Operation = {
  operationId: 'createTask',
  tags,
  once: true,
  summary: 'Create a task',
  description:
    'Creates a task for an existing user; the service generates its `taskId`. Without a `taskStatus` it is `NOT_STARTED`.',
  faults: [faultOf(NewTaskSchema, 'dueDate', 'required'), ...faults],
};

export const listTasks: Operation = {
  operationId: 'listTasks',
  tags,
  summary: 'List tasks',
  description:
    'Lists tasks, a page at a time, by `taskId` unless `_sort` says otherwise. To go through all of them follow the `next` ' +
    'link in the `Link` header. A token bound to a user sees that user’s tasks only.',
};

export const getTask: Operation = {
  operationId: 'getTask',
  tags,
  summary: 'Get a task',
  description: 'Gets one task.',
};

export const updateTask: Operation = {
  operationId: 'updateTask',
  tags,
  conditional: true,
  summary: 'Update a task',
  description:
    'Changes the fields that the body names, one at least, and leaves the rest as they are. A new `userId` gives the task to ' +
    'another user; `"taskDescription": null` removes the description.',
  faults,
};

export const deleteTask: Operation = {
  operationId: 'deleteTask',
  tags,
  conditional: true,
  summary: 'Delete a task',
  description: 'Deletes one task.',
};
