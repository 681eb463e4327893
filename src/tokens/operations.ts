import { doesNotExist } from '../http/errors/api-error.ts';
import { faultOf } from '../http/errors/validation.ts';
import type { Operation, Tag } from '../http/resource/operation.ts';
import { NewTokenSchema } from './schema.ts';

const tags: [Tag] = [{ name: 'tokens', description: 'Who gets in, and what they may do: for administrators' }];

export const issueToken: Operation = {
  operationId: 'issueToken',
  tags,
  summary: 'Issue a token',
  description:
    'Issues a token for a service, or, with a `userId`, one that is bound to that user: it sees and changes that user and ' +
    'that user’s tasks only. The answer shows the token itself, this once. `admin` is never bound to a user.',
  once: true,
  faults: [
    faultOf(NewTokenSchema, 'scopes', 'required'),
    faultOf(NewTokenSchema, 'scopes', 'enum', 'users'),
    doesNotExist('userId', 7),
  ],
};

export const listTokens: Operation = {
  operationId: 'listTokens',
  tags,
  summary: 'List tokens',
  description: 'Lists tokens, revoked and expired ones included, without their secrets.',
};

export const getToken: Operation = {
  operationId: 'getToken',
  tags,
  summary: 'Get a token',
  description: 'Gets one token, without its secret.',
};

export const revokeToken: Operation = {
  operationId: 'revokeToken',
  tags,
  summary: 'Revoke a token',
  description:
    'Revokes a token for good: within a second every process refuses it. It stays in the list, as revoked. To revoke one ' +
    'that is revoked already changes nothing.',
};
