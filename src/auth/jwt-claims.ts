import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { JwtConfig } from '../config/jwt.ts';
import type { Scope } from '../domain/tokens.ts';
import { SCOPES } from '../domain/tokens.ts';

/** Whom a token speaks for: the user with an address, a service, or nobody who may do anything. */
export type Bearer = { readonly email: unknown } | 'service' | 'nobody';

/** The `typ` of access tokens (RFC 9068, section 2.1; RFC 7519, section 5.1), in small letters and without `application/`. */
const ACCESS_TOKEN_TYPES = ['jwt', 'at+jwt'];

/** Claims of ID tokens (OpenID Connect Core 1.0, section 3.1.3.6 and 3.3.2.11) and of security events (RFC 8417), such as logouts. */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 'events'];

/**
 * Whether a JWT can be an access token: providers sign others with the same keys (RFC 8725, section 3.11). Many name no
 * type, or `JWT` for all; then the claims tell.
 */
export function isAccessToken(typ: unknown, claims: JWTPayload): boolean {
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined;
  if (typ !== undefined && !ACCESS_TOKEN_TYPES.includes(type ?? '')) return false;
  return type === 'at+jwt' || !FOREIGN_CLAIMS.some((name) => Object.hasOwn(claims, name));
}

/**
 * An address that the issuer has verified binds the token to the user who has it, whatever else it says: of two readings
 * that is the one that allows less. Without one, only the configured claim makes it a service's token; a token that
 * merely lacks an address must not reach every user.
 */
export function readBearer(claims: JWTPayload, serviceClaim: JwtConfig['serviceClaim']): Bearer {
  // OpenID Connect Core 1.0, section 5.1: a boolean, and so not the text "true".
  if (claims.email !== undefined && claims.email_verified === true) return { email: claims.email };
  return serviceClaim !== undefined && holds(claims, serviceClaim) ? 'service' : 'nobody';
}

function holds(claims: JWTPayload, { name, value }: NonNullable<JwtConfig['serviceClaim']>): boolean {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return Array.isArray(claim) ? claim.includes(value) : claim === value;
}

/** The scopes of the `scope` claim (RFC 8693, section 4.2): names with spaces between them, of which unknown ones say nothing. */
export function readScopes({ scope }: JWTPayload): Scope[] {
  const names = typeof scope === 'string' ? scope.split(' ') : [];
  return SCOPES.filter((known) => names.includes(known));
}

/**
 * What the log calls a token, and what its requests are counted under: the same for all tokens of one `sub`, and a hash,
 * since a `sub` may be an address.
 */
export function nameToken(issuer: string, subject: string): string {
  return `jwt:${hash('sha256', `${issuer}\0${subject}`).slice(0, 32)}`;
}
