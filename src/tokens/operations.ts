import { doesNotExist } from '../http/errors/api-error.ts';
import { exampleError } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { NewTokenSchema } from './schema.ts';

const tags: [Tag] = [{ name: 'tokens', description: 'Access tokens and their scopes (administrators only)' }];

export const issueToken: Operation = {
  operationId: 'issueToken',
  tags,
  summary: 'Issue a token',
  description:
    'Issues a service token, or with `userId` a user token. A user token can read and change only its user and the tasks of ' +
    'that user, and cannot have the scope `admin`. Only this response shows the token itself.',
  idempotencyKey: true,
  errorExamples: [
    exampleError(NewTokenSchema, 'scopes', 'required'),
    exampleError(NewTokenSchema, 'scopes', 'enum', 'users'),
    doesNotExist('userId', 7),
  ],
};

export const listTokens: Operation = {
  operationId: 'listTokens',
  tags,
  summary: 'List tokens',
  description: 'Returns a page of tokens without their secrets, including revoked and expired tokens.',
};

export const getToken: Operation = {
  operationId: 'getToken',
  tags,
  summary: 'Get a token',
  description: 'Returns a token without its secret.',
};

export const rotateToken: Operation = {
  operationId: 'rotateToken',
  tags,
  summary: 'Rotate a token',
  description:
    'Replaces the secret of a token. Only this response shows the new token. For 24 hours, the previous one is valid too, so that ' +
    'applications can be updated without downtime. Rotating again within this time invalidates the older one immediately. A revoked ' +
    'token cannot be rotated: 404.',
};

export const revokeToken: Operation = {
  operationId: 'revokeToken',
  tags,
  summary: 'Revoke a token',
  description:
    'Revokes a token permanently. Within a second, all processes reject it. It stays in the list with its `revokedAt`. ' +
    'Revoking a revoked token has no effect.',
};

export const getCaller: Operation = {
  operationId: 'getCaller',
  tags,
  summary: 'Get the token of the request',
  description: 'Returns what the token of this request may do. Any valid token may use it, also a JWT.',
};
