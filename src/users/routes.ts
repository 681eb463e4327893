import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import { VersionMismatch } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import { EmailTaken, type User, type UserFilter, type UserSortField } from '../domain/users.ts';
import { toMilliseconds } from '../formats/date-time.ts';
import { emailKey } from '../formats/email-address.ts';
import { alreadyInUse, forbidden, notFound, preconditionFailed } from '../http/errors/api-error.ts';
import { varyByAccept } from '../http/media-types.ts';
import { originOf, restrictedUserId } from '../http/request.ts';
import { expectedVersions, sendTagged, versionTag } from '../http/resource/etag.ts';
import { createdItem, creationOptions } from '../http/resource/idempotency.ts';
import { ignoreOwnId } from '../http/resource/ids.ts';
import { readParameters } from '../http/resource/list-parameters.ts';
import { type ListResource, sendList, toListQuery } from '../http/resource/list-response.ts';
import { type ListStreams, listRules, wantsLines } from '../http/resource/list-stream.ts';
import { NoContent } from '../http/resource/operation.ts';
import { toSearch } from '../http/resource/search.ts';
import { userBatchRoutes } from './batch-routes.ts';
import { toNewUser } from './input.ts';
import { createUser, deleteUser, getUser, listUsers, updateUser } from './operations.ts';
import {
  NewUserSchema,
  UserChangesSchema,
  UserListParameters,
  UserListSchema,
  UserParams,
  UserSchema,
} from './schema.ts';

const LIST: ListResource<User, UserSortField, UserFilter> = {
  path: () => '/users',
  name: 'users',
  id: 'userId',
  kinds: { userId: 'number', firstName: 'text', lastName: 'text', contactEmail: 'text' },
  sortValue: (user, field) => user[field],
  filter(request) {
    const { userId, firstName, lastName, contactEmail, updatedSince, _search } = request.query as Static<
      typeof UserListParameters
    >;
    const filter: UserFilter = {};
    const ownUserId = restrictedUserId(request);
    if (userId !== undefined) filter.userIds = userId;
    if (ownUserId !== undefined) filter.userIds = (userId ?? [ownUserId]).filter((id) => id === ownUserId);
    if (firstName !== undefined) filter.firstName = firstName;
    if (lastName !== undefined) filter.lastName = lastName;
    if (contactEmail !== undefined) filter.contactEmailKey = emailKey(contactEmail);
    if (updatedSince !== undefined) filter.updatedSince = toMilliseconds(updatedSince);
    if (_search !== undefined) filter.search = toSearch(_search);
    return filter;
  },
};

export interface UserRoutesOptions {
  store: Store;
  /** Its cache drops the tokens of a deleted user. */
  verifier: Pick<TokenVerifier, 'invalidateUser'>;
  /** Whether a user token may change the address of its user. */
  userEmailChanges: boolean;
  listStreams: ListStreams;
}

/** `/users` */
export const userRoutes: FastifyPluginAsyncTypebox<UserRoutesOptions> = async (app, options) => {
  const { store, verifier, userEmailChanges, listStreams } = options;
  app.post(
    '/users',
    {
      config: { scope: 'users:write' },
      schema: { ...createUser, body: NewUserSchema, response: { 201: UserSchema } },
    },
    async (request, reply) => {
      const { contactEmail } = request.body;
      const outcome = await store.users.create(toNewUser(request.body), creationOptions(request));
      if (outcome === EmailTaken) throw alreadyInUse('contactEmail', contactEmail);
      const user = createdItem(outcome, reply);
      reply.header('location', `/users/${user.userId}`).header('etag', versionTag(user.version));
      return reply.code(201).send(user);
    },
  );

  app.get(
    '/users',
    {
      config: { scope: 'users:read', ownership: 'handler', rules: listRules(LIST) },
      schema: { ...listUsers, querystring: UserListParameters, response: { 200: UserListSchema } },
      preValidation: readParameters(UserListParameters),
    },
    async (request, reply) => {
      varyByAccept(reply);
      const query = toListQuery(request, LIST);
      if (wantsLines(request)) return listStreams.send(request, reply, (signal) => store.users.stream(query, signal));
      return sendList(request, reply, LIST, query, await store.users.list(query));
    },
  );

  app.get(
    '/users/:userId',
    {
      config: { scope: 'users:read', ownership: 'path-parameter' },
      schema: { ...getUser, params: UserParams, response: { 200: UserSchema } },
    },
    async (request, reply) => {
      const user = await store.users.get(request.params.userId);
      if (user === undefined) throw notFound();
      return sendTagged(request, reply, versionTag(user.version), user);
    },
  );

  app.patch(
    '/users/:userId',
    {
      config: { scope: 'users:write', ownership: 'path-parameter' },
      schema: { ...updateUser, params: UserParams, body: UserChangesSchema, response: { 200: UserSchema } },
      preValidation: ignoreOwnId('userId'),
    },
    async (request, reply) => {
      const { userId } = request.params;
      const { firstName, lastName } = request.body;
      let { contactEmail } = request.body;
      const byUser = restrictedUserId(request) !== undefined;
      const options = { ...originOf(request), versions: expectedVersions(request), byUser };
      if (byUser && !userEmailChanges && contactEmail !== undefined) {
        const user = await store.users.get(userId);
        if (user === undefined) throw notFound();
        if (user.contactEmail !== contactEmail) throw forbidden();
        // Left out, so that a concurrent change of the address is not undone.
        contactEmail = undefined;
      }
      const changes = {
        ...(firstName !== undefined && { firstName }),
        ...(lastName !== undefined && { lastName }),
        ...(contactEmail !== undefined && { contactEmail, contactEmailKey: emailKey(contactEmail) }),
      };
      const user = await store.users.update(userId, changes, options);
      if (user === undefined) throw notFound();
      if (user === VersionMismatch) throw preconditionFailed();
      if (user === EmailTaken) throw alreadyInUse('contactEmail', contactEmail as string);
      return reply.header('etag', versionTag(user.version)).send(user);
    },
  );

  app.delete(
    '/users/:userId',
    {
      config: { scope: 'users:write', ownership: 'path-parameter' },
      schema: { ...deleteUser, params: UserParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      const { userId } = request.params;
      const options = { ...originOf(request), versions: expectedVersions(request) };
      const outcome = await store.users.delete(userId, options);
      if (outcome === VersionMismatch) throw preconditionFailed();
      if (!outcome) throw notFound();
      verifier.invalidateUser(userId);
      return reply.code(204).send();
    },
  );

  await app.register(userBatchRoutes, { store });
};
