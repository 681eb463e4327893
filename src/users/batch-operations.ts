import { alreadyInUse, invalidValue } from '../http/errors/api-error.ts';
import type { Operation } from '../http/resource/operation.ts';
import { tags } from './operations.ts';
import { JOHN } from './schema.ts';

export const createUsers: Operation = {
  operationId: 'createUsers',
  tags,
  batch: true,
  idempotencyKey: true,
  summary: 'Create several users',
  description:
    'Creates up to 1,000 users in one transaction: all of them or, if any is rejected, none. With `Prefer: handling=lenient`, the ' +
    'others are created, and the response has a result for each. The body is at most 2 MiB. Counts as one request, and as ' +
    'one more for every 10 users.',
  errorExamples: [
    invalidValue('body', 'users', [], 'a list of 1 to 1000 items'),
    alreadyInUse('users[1].contactEmail', JOHN.contactEmail),
  ],
};
