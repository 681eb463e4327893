import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { JwtConfig } from '../config/jwt.ts';
import type { Scope } from '../domain/tokens.ts';
import { SCOPES } from '../domain/tokens.ts';

/** Whom a token acts for: the user with an email address, a service, or no one, which allows nothing. */
export type Holder = { readonly email: unknown } | 'service' | 'none';

/** The `typ` of access tokens (RFC 9068, section 2.1; RFC 7519, section 5.1), in lower case and without `application/`. */
const ACCESS_TOKEN_TYPES = ['jwt', 'at+jwt'];

/** Claims of ID tokens (OpenID Connect Core 1.0, sections 3.1.3.6 and 3.3.2.11) and of security events (RFC 8417), such as logouts. */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 'events'];

/**
 * Whether a JWT can be an access token. Issuers sign other kinds of tokens with the same keys (RFC 8725, section 3.11). The
 * type decides; if it is missing or `JWT`, the claims do.
 */
export function isAccessToken(typ: unknown, claims: JWTPayload): boolean {
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined;
  if (typ !== undefined && !ACCESS_TOKEN_TYPES.includes(type ?? '')) return false;
  return type === 'at+jwt' || !FOREIGN_CLAIMS.some((name) => Object.hasOwn(claims, name));
}

/**
 * Whom a token acts for. A verified email address takes precedence over the service claim, because it grants less. Without
 * one, only the configured claim makes it a service token: a token that merely lacks an address must not reach all users.
 */
export function readHolder(claims: JWTPayload, serviceClaim: JwtConfig['serviceClaim']): Holder {
  // A boolean (OpenID Connect Core 1.0, section 5.1); the text "true" does not count.
  if (claims.email !== undefined && claims.email_verified === true) return { email: claims.email };
  return serviceClaim !== undefined && hasClaim(claims, serviceClaim) ? 'service' : 'none';
}

function hasClaim(claims: JWTPayload, { name, value }: NonNullable<JwtConfig['serviceClaim']>): boolean {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return Array.isArray(claim) ? claim.includes(value) : claim === value;
}

/** The known scopes of the `scope` claim (RFC 8693, section 4.2), which separates them by spaces. Others are ignored. */
export function readScopes({ scope }: JWTPayload): Scope[] {
  const names = typeof scope === 'string' ? scope.split(' ') : [];
  return SCOPES.filter((known) => names.includes(known));
}

/**
 * The token ID of a JWT, for logs and rate limits: the same for all tokens of one subject. It is a hash, because a `sub` may
 * be an email address.
 */
export function toTokenId(issuer: string, subject: string): string {
  return `jwt:${hash('sha256', `${issuer}\0${subject}`).slice(0, 32)}`;
}

/** The characters of a client identifier (RFC 6749, appendix A.1) without the space; longer ones are not recorded. */
const CLIENT_ID = /^[\x21-\x7e]{1,100}$/;

/** The client that got the token: `client_id` (RFC 9068, section 2.2) or `azp` (OpenID Connect Core 1.0, section 2). */
export function readClient({ client_id, azp }: JWTPayload): string | undefined {
  return [client_id, azp].find((one): one is string => typeof one === 'string' && CLIENT_ID.test(one));
}
