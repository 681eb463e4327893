import { doesNotExist } from '../http/errors/api-error.ts';
import { exampleError } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { NewTaskSchema } from './schema.ts';

export const tags: [Tag] = [{ name: 'tasks', description: 'The tasks of users, with due dates and reminders' }];
const errorExamples = [
  doesNotExist('userId', 7),
  exampleError(NewTaskSchema, 'taskTitle', 'maxLength'),
  exampleError(NewTaskSchema, 'taskStatus', 'enum', 'DONE'),
  exampleError(NewTaskSchema, 'dueDate', 'format'),
  exampleError(NewTaskSchema, 'warningOffset', 'maximum'),
];

export const createTask: Operation = {
  operationId: 'createTask',
  tags,
  idempotencyKey: true,
  summary: 'Create a task',
  description:
    'Creates a task for an existing user. The service generates its `taskId`. The default `taskStatus` is `NOT_STARTED`.',
  errorExamples: [exampleError(NewTaskSchema, 'dueDate', 'required'), ...errorExamples],
};

export const listTasks: Operation = {
  operationId: 'listTasks',
  tags,
  lines: true,
  replicated: true,
  summary: 'List tasks',
  description:
    'Returns a page of tasks, sorted by `taskId` or by `_sort`. To read all tasks, follow the `next` link in the `Link` header, ' +
    'or stream the whole list with `Accept: application/x-ndjson`. ' +
    'A user token returns only the tasks of its user.',
};

export const getTask: Operation = {
  operationId: 'getTask',
  tags,
  summary: 'Get a task',
  description: 'Returns a task.',
};

export const updateTask: Operation = {
  operationId: 'updateTask',
  tags,
  conditional: true,
  summary: 'Update a task',
  description:
    'Changes the fields in the body, at least one. Other fields keep their values. A new `userId` reassigns the task to ' +
    'another user. `"taskDescription": null` removes the description.',
  errorExamples,
};

export const deleteTask: Operation = {
  operationId: 'deleteTask',
  tags,
  conditional: true,
  summary: 'Delete a task',
  description: 'Deletes a task.',
};
