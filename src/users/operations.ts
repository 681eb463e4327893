import { alreadyInUse } from '../http/errors/api-error.ts';
import { faultOf } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { JOHN, NewUserSchema } from './schema.ts';

export const tags: [Tag] = [
  { name: 'users', description: 'The users of an application, each with an email address of its own' },
];
const invalidEmail = faultOf(NewUserSchema, 'contactEmail', 'format');
const emailTaken = alreadyInUse('contactEmail', JOHN.contactEmail);

export const createUser: Operation = {
  operationId: 'createUser',
  tags,
  once: true,
  summary: 'Create a user',
  description:
    'Creates a user; the service generates its `userId`. `contactEmail` must be unique across all users, whatever its case.',
  faults: [faultOf(NewUserSchema, 'lastName', 'required'), invalidEmail, emailTaken],
};

export const listUsers: Operation = {
  operationId: 'listUsers',
  tags,
  summary: 'List users',
  description:
    'Lists users, a page at a time, by `userId` unless `_sort` says otherwise. To go through all of them follow the `next` ' +
    'link in the `Link` header. `contactEmail` finds the user with that address.',
};

export const getUser: Operation = {
  operationId: 'getUser',
  tags,
  summary: 'Get a user',
  description: 'Gets one user.',
};

export const updateUser: Operation = {
  operationId: 'updateUser',
  tags,
  conditional: true,
  summary: 'Update a user',
  description: 'Changes the fields that the body names, one at least, and leaves the rest as they are.',
  faults: [faultOf(NewUserSchema, 'firstName', 'maxLength'), invalidEmail, emailTaken],
};

export const deleteUser: Operation = {
  operationId: 'deleteUser',
  tags,
  conditional: true,
  summary: 'Delete a user',
  description: 'Deletes a user, and with it its tasks and its tokens. The address is free again at once.',
};
