import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Plans } from '../config.ts';
import { actorOf } from '../http/authorize.ts';
import { sendTaggedBody } from '../http/conditional.ts';
import { createdItem, creationOptions } from '../http/creation.ts';
import { formatInstant, toMilliseconds } from '../http/date-time.ts';
import { doesNotExist, invalidValues, notFound } from '../http/errors.ts';
import { readIntegers } from '../http/list-parameters.ts';
import { type ListResource, sendList, toListQuery } from '../http/lists.ts';
import { NoContent } from '../http/operation.ts';
import { NoSuchUser, type Store, type Token } from '../storage/store.ts';
import { issueToken as issue } from './issue.ts';
import { getToken, issueToken, listTokens, revokeToken } from './operations.ts';
import {
  IssuedTokenSchema,
  NewTokenSchema,
  TokenListParameters,
  TokenListSchema,
  TokenParams,
  TokenSchema,
} from './schema.ts';
import type { TokenVerifier } from './verifier.ts';

const LIST: ListResource<Token, 'tokenId'> = {
  path: '/tokens',
  name: 'tokens',
  id: 'tokenId',
  kinds: { tokenId: 'number' },
  sortValue: ({ tokenId }) => tokenId,
};

export interface TokenRoutesOptions {
  store: Store;
  plans: Plans;
  /** To be told which token is revoked. */
  verifier: Pick<TokenVerifier, 'forgetToken'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/** `/tokens`: for administrators. */
export const tokenRoutes: FastifyPluginAsyncTypebox<TokenRoutesOptions> = async (app, options) => {
  const { store, plans, verifier, clock } = options;

  app.post(
    '/tokens',
    {
      config: { scope: 'admin' },
      schema: { ...issueToken, body: NewTokenSchema, response: { 201: IssuedTokenSchema } },
    },
    async (request, reply) => {
      const { name, scopes, plan = 'basic', userId = null, expiresAt } = request.body;
      const expires = expiresAt === undefined ? null : toMilliseconds(expiresAt);
      const invalid: [field: string, value: string][] = [];
      if (!plans.has(plan)) invalid.push(['plan', plan]);
      if (userId !== null && scopes.includes('admin')) invalid.push(['userId', String(userId)]);
      if (expires !== null && expires <= clock()) invalid.push(['expiresAt', String(expiresAt)]);
      if (invalid.length > 0) throw invalidValues(invalid);
      const wanted = { name, scopes, plan, userId, expiresAt: expires };
      const issued = await issue(store, wanted, creationOptions(request), clock());
      if (issued === NoSuchUser) throw doesNotExist('userId', userId as number);
      const { token, text } = createdItem(issued, reply);
      reply.code(201).header('location', `/tokens/${token.tokenId}`);
      return reply.send({ ...toBody(token), ...(text !== undefined && { token: text }) });
    },
  );

  app.get(
    '/tokens',
    {
      config: { scope: 'admin' },
      schema: { ...listTokens, querystring: TokenListParameters, response: { 200: TokenListSchema } },
      preValidation: readIntegers(TokenListParameters),
    },
    async (request, reply) => {
      const query = toListQuery(request, LIST, {});
      const page = await store.listTokens(query);
      return sendList(request, reply, LIST, query, page, toBody);
    },
  );

  app.get(
    '/tokens/:tokenId',
    {
      config: { scope: 'admin' },
      schema: { ...getToken, params: TokenParams, response: { 200: TokenSchema } },
    },
    async (request, reply) => {
      const token = await store.getToken(request.params.tokenId);
      if (token === undefined) throw notFound();
      return sendTaggedBody(request, reply, toBody(token));
    },
  );

  app.delete(
    '/tokens/:tokenId',
    {
      config: { scope: 'admin' },
      schema: { ...revokeToken, params: TokenParams, response: { 204: NoContent } },
    },
    async (request, reply) => {
      const { tokenId } = request.params;
      const revoked = await store.revokeToken(tokenId, { actor: actorOf(request) });
      if (!revoked && (await store.getToken(tokenId)) === undefined) throw notFound();
      verifier.forgetToken(tokenId);
      return reply.code(204).send();
    },
  );
};

/** The token as responses show it. */
function toBody({ tokenId, name, scopes, plan, userId, ...times }: Token) {
  const { createdAt, expiresAt, lastUsedAt, revokedAt } = times;
  return {
    tokenId,
    name,
    scopes,
    plan,
    ...(userId !== null && { userId }),
    createdAt: formatInstant(createdAt),
    ...(expiresAt !== null && { expiresAt: formatInstant(expiresAt) }),
    ...(lastUsedAt !== null && { lastUsedAt: formatInstant(lastUsedAt) }),
    ...(revokedAt !== null && { revokedAt: formatInstant(revokedAt) }),
  };
}
