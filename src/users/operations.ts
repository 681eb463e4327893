import { alreadyInUse } from '../http/errors/api-error.ts';
import { exampleError } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { JOHN, NewUserSchema } from './schema.ts';

export const tags: [Tag] = [
  { name: 'users', description: 'The users of an application, each with a unique email address' },
];
const invalidEmail = exampleError(NewUserSchema, 'contactEmail', 'format');
const emailTaken = alreadyInUse('contactEmail', JOHN.contactEmail);

export const createUser: Operation = {
  operationId: 'createUser',
  tags,
  idempotencyKey: true,
  summary: 'Create a user',
  description:
    'Creates a user. The service generates its `userId`. `contactEmail` must be unique across all users, ignoring case.',
  errorExamples: [exampleError(NewUserSchema, 'lastName', 'required'), invalidEmail, emailTaken],
};

export const listUsers: Operation = {
  operationId: 'listUsers',
  tags,
  lines: true,
  replicated: true,
  summary: 'List users',
  description:
    'Returns a page of users, sorted by `userId` or by `_sort`. To read all users, follow the `next` link in the `Link` header, ' +
    'or stream the whole list with `Accept: application/x-ndjson`. ' +
    'Use `contactEmail` to find the user with an address.',
};

export const getUser: Operation = {
  operationId: 'getUser',
  tags,
  summary: 'Get a user',
  description: 'Returns a user.',
};

export const updateUser: Operation = {
  operationId: 'updateUser',
  tags,
  conditional: true,
  summary: 'Update a user',
  description: 'Changes the fields in the body, at least one. Other fields keep their values.',
  errorExamples: [exampleError(NewUserSchema, 'firstName', 'maxLength'), invalidEmail, emailTaken],
};

export const deleteUser: Operation = {
  operationId: 'deleteUser',
  tags,
  conditional: true,
  summary: 'Delete a user',
  description: 'Deletes a user with their tasks and tokens. The email address can be used again immediately.',
};
