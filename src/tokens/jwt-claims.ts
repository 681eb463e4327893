import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { JwtConfig } from '../config.ts';
import type { Scope } from '../storage/store.ts';
import { SCOPES } from './issue.ts';

/** Whom a token speaks for: the user with an address, a service, or nobody who may do anything. */
export type Bearer = { readonly email: unknown } | 'service' | 'nobody';

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
