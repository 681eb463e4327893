import type { Static } from 'typebox';
import type { User } from '../domain/users.ts';
import { Type } from '../type.ts';
import { NewUserSchema, UserSchema } from '../users/schema.ts';
import { cursor, DEFAULT_LIMIT, items, limit, nextCursorField, requestId, search } from './arguments.ts';
import { idempotencyHeader, nextCursor, type Tool } from './tool.ts';

const Rows = Type.Object({ users: Type.Array(UserSchema) });

const FindArguments = Type.Object(
  {
    search: search('names and email address'),
    contactEmail: Type.Optional(Type.String({ maxLength: 255, description: 'Exact address' })),
    cursor,
    limit,
  },
  { additionalProperties: false },
);

const findUsers: Tool<Static<typeof FindArguments>> = {
  name: 'find_users',
  description: 'Find users, the owners of tasks, by name or address.',
  scopes: ['users:read'],
  annotations: { readOnlyHint: true, openWorldHint: false },
  input: FindArguments,
  output: Type.Object({ ...Rows.properties, nextCursor: nextCursorField }),
  example: { search: 'ada' },
  async run({ search, contactEmail, cursor, limit = DEFAULT_LIMIT }, call) {
    const query = { contactEmail, _search: search, _cursor: cursor, _perPage: limit };
    const response = await call({ method: 'GET', path: '/users', query });
    const next = nextCursor(response);
    return { users: response.json<{ users: User[] }>().users, ...(next !== undefined && { nextCursor: next }) };
  },
};

const { userId: _generated, ...newUser } = NewUserSchema.properties;

const CreateArguments = Type.Object(
  { users: items<object>(Type.Object(newUser), '1 to 50 users'), requestId },
  { additionalProperties: false },
);

const createUsers: Tool<Static<typeof CreateArguments>> = {
  name: 'create_users',
  description: 'Create users: all, or none if one is invalid or its address is in use.',
  scopes: ['users:write'],
  serviceTokensOnly: true,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: CreateArguments,
  output: Rows,
  example: { users: [{ firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' }] },
  async run({ users, requestId }, call) {
    const headers = idempotencyHeader(requestId);
    const response = await call({ method: 'POST', path: '/users/batch', body: { users }, headers });
    return response.json<{ users: User[] }>();
  },
};

export const USER_TOOLS: readonly Tool[] = [findUsers, createUsers];
