import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import type { Plans } from '../config/rate-limits.ts';
import type { Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import type { Token } from '../domain/tokens.ts';
import { NoSuchUser } from '../domain/users.ts';
import { formatInstant, toMilliseconds } from '../formats/date-time.ts';
import { oneOf } from '../http/errors/allowed-values.ts';
import { type ApiError, doesNotExist, invalidValue, notFound } from '../http/errors/api-error.ts';
import type { Rules } from '../http/request.ts';
import { actorOf, originOf } from '../http/request.ts';
import { sendTaggedBody } from '../http/resource/etag.ts';
import { createdItem, creationOptions } from '../http/resource/idempotency.ts';
import { readParameters } from '../http/resource/list-parameters.ts';
import { cursorRule, type ListResource, sendList, toListQuery } from '../http/resource/list-response.ts';
import { NoContent } from '../http/resource/operation.ts';
import { issueToken as issue, rotateToken as rotate } from './issue.ts';
import { getCaller, getToken, issueToken, listTokens, revokeToken, rotateToken } from './operations.ts';
import {
  CallerSchema,
  IssuedTokenSchema,
  NewTokenSchema,
  RotatedTokenSchema,
  TokenListParameters,
  TokenListSchema,
  TokenParams,
  TokenSchema,
} from './schema.ts';

const LIST: ListResource<Token, 'tokenId', object> = {
  path: () => '/tokens',
  name: 'tokens',
  id: 'tokenId',
  kinds: { tokenId: 'number' },
  sortValue: ({ tokenId }) => tokenId,
  filter: () => ({}),
};

/** How long the previous secret is valid after a rotation: the default of `task-api token rotate` is the same. */
const ROTATION_OVERLAP_MS = 24 * 60 * 60 * 1000;

export interface TokenRoutesOptions {
  store: Store;
  plans: Plans;
  /** Its cache drops a revoked token. */
  verifier: Pick<TokenVerifier, 'invalidateToken'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/** `/tokens`, for administrators, and `/whoami`, for every token. */
export const tokenRoutes: FastifyPluginAsyncTypebox<TokenRoutesOptions> = async (app, options) => {
  const { store, plans, verifier, clock } = options;

  /** The rules that depend on the configured plans and the time. */
  const newTokenRules: Rules = (request, rejected) => {
    const { scopes, plan, userId, expiresAt } = (request.body ?? {}) as Partial<Static<typeof NewTokenSchema>>;
    const errors: ApiError[] = [];
    const reject = (field: string, value: unknown, allowed: string) => {
      errors.push(invalidValue('body', field, value, allowed));
    };
    if (plan !== undefined && !rejected.has('plan') && !plans.has(plan)) reject('plan', plan, oneOf([...plans.keys()]));
    if (userId !== undefined && !rejected.has('userId') && Array.isArray(scopes) && scopes.includes('admin')) {
      reject('userId', userId, 'left out with the scope admin');
    }
    if (expiresAt !== undefined && !rejected.has('expiresAt') && toMilliseconds(expiresAt) <= clock()) {
      reject('expiresAt', expiresAt, 'in the future');
    }
    return errors;
  };

  app.post(
    '/tokens',
    {
      config: { scope: 'admin', rules: newTokenRules },
      schema: { ...issueToken, body: NewTokenSchema, response: { 201: IssuedTokenSchema } },
    },
    async (request, reply) => {
      const { name, scopes, plan = 'basic', userId = null, expiresAt } = request.body;
      const tokenRequest = {
        ...{ name, scopes, plan, userId },
        expiresAt: expiresAt === undefined ? null : toMilliseconds(expiresAt),
      };
      const issued = await issue(store, tokenRequest, creationOptions(request), clock());
      if (issued === NoSuchUser) throw doesNotExist('userId', userId as number);
      const { token, text } = createdItem(issued, reply);
      reply.code(201).header('location', `/tokens/${token.tokenId}`);
      return reply.send({ ...toBody(token), ...(text !== undefined && { token: text }) });
    },
  );

  app.get(
    '/tokens',
    {
      config: { scope: 'admin', rules: cursorRule(LIST) },
      schema: { ...listTokens, querystring: TokenListParameters, response: { 200: TokenListSchema } },
      preValidation: readParameters(TokenListParameters),
    },
    async (request, reply) => {
      const query = toListQuery(request, LIST);
      const page = await store.tokens.list(query);
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
      const token = await store.tokens.get(request.params.tokenId);
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
      const revoked = await store.tokens.revoke(tokenId, originOf(request));
      if (!revoked && (await store.tokens.get(tokenId)) === undefined) throw notFound();
      verifier.invalidateToken(tokenId);
      return reply.code(204).send();
    },
  );

  app.post(
    '/tokens/:tokenId/rotate',
    {
      config: { scope: 'admin' },
      schema: { ...rotateToken, params: TokenParams, response: { 200: RotatedTokenSchema } },
    },
    async (request, reply) => {
      const { tokenId } = request.params;
      const validUntil = clock() + ROTATION_OVERLAP_MS;
      const text = await rotate(store, tokenId, validUntil, originOf(request));
      const token = text === undefined ? undefined : await store.tokens.get(tokenId);
      if (text === undefined || token === undefined) throw notFound();
      // A secret that was valid until now may no longer be.
      verifier.invalidateToken(tokenId);
      const previousTokenValidUntil = formatInstant(validUntil);
      return reply.send({ ...toBody(token), ...{ token: text, previousTokenValidUntil } });
    },
  );

  app.get(
    '/whoami',
    { config: { public: false }, schema: { ...getCaller, response: { 200: CallerSchema } } },
    async (request, reply) => {
      const { scopes, plan, userId } = request.principal as Principal;
      const caller = { actor: actorOf(request), scopes: [...scopes], plan, ...(userId !== null && { userId }) };
      return sendTaggedBody(request, reply, caller);
    },
  );
};

/** The token in responses. */
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
