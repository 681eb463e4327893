import { Type } from 'typebox';
import type { Scope } from '../domain/tokens.ts';
import { SCOPES } from '../domain/tokens.ts';
import { ONE_LINE } from '../formats/text.ts';
import { ReadOnly, ResourceId } from '../http/resource/ids.ts';
import { listParameters } from '../http/resource/list-parameters.ts';

const NEW_TOKEN = { name: 'Web shop', scopes: ['users:read', 'tasks:read'], plan: 'professional' };
const TOKEN = { tokenId: 1, ...NEW_TOKEN, createdAt: '2026-01-01T12:00:00.000Z' };

const instant = (description: string) => Type.String({ format: 'date-time', description });

export const MAX_NAME_LENGTH = 100;
const name = Type.String({
  minLength: 1,
  maxLength: MAX_NAME_LENGTH,
  pattern: ONE_LINE,
  description: 'What to call it',
});
const scopes = Type.Array(Type.Unsafe<Scope>({ type: 'string', enum: [...SCOPES] }), {
  minItems: 1,
  maxItems: SCOPES.length,
  uniqueItems: true,
  description: 'What it may do; `admin` implies the others',
});
const plan = Type.String({
  minLength: 1,
  maxLength: 32,
  description: 'Which of the configured rate limits it has; `basic` unless a request says otherwise',
});
const userId = ResourceId('The user it is bound to: an existing one. Left out for a token of a service');
const expiresAt = instant('From when on it is refused. Left out for never');

const shown = {
  tokenId: ResourceId('Generated; never used again'),
  name,
  scopes,
  plan,
  userId: Type.Optional(userId),
  createdAt: instant('When it was issued'),
  expiresAt: Type.Optional(expiresAt),
  lastUsedAt: Type.Optional(instant('When it was used, to the minute. Left out for never')),
  revokedAt: Type.Optional(instant('When it was revoked. Left out while it is not')),
};

/** A token as responses show it: never with its secret. */
export const TokenSchema = Type.Object(shown, { title: 'Token', examples: [TOKEN] });

export const TokenListSchema = Type.Object(
  { tokens: Type.Array(TokenSchema) },
  { title: 'TokenList', examples: [{ tokens: [TOKEN] }] },
);

/** The answer to the request that issued it. */
export const IssuedTokenSchema = Type.Object(
  {
    ...shown,
    token: Type.Optional(
      Type.String({
        description:
          'What to send as `Authorization: Bearer …`. Shown this once: left out where an `Idempotency-Key` is brought again',
      }),
    ),
  },
  { title: 'IssuedToken', examples: [{ ...TOKEN, token: `tmapi_1_${'0'.repeat(46)}` }] },
);

export const NewTokenSchema = Type.Object(
  {
    tokenId: ReadOnly,
    name,
    scopes,
    plan: Type.Optional(plan),
    userId: Type.Optional(userId),
    expiresAt: Type.Optional(expiresAt),
  },
  { title: 'NewToken', additionalProperties: false, examples: [NEW_TOKEN] },
);

export const TokenParams = Type.Object({ tokenId: ResourceId('The token’s id') });

const { updatedSince, ...parameters } = listParameters(['tokenId']);
export const TokenListParameters = Type.Object(parameters, { additionalProperties: false });
