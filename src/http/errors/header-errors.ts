import type { FastifyRequest } from 'fastify';
import { type ApiError, invalidIdempotencyKey, invalidIfMatch } from './api-error.ts';

/** An entity tag, strong or weak (RFC 9110, section 8.8.3); the first group is the opaque tag. */
export const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** A list of entity tags, in which elements may be empty (RFC 9110, section 5.6.1). */
const ENTITY_TAGS = new RegExp(`^[ \\t,]*${ENTITY_TAG.source}(?:[ \\t]*,[ \\t,]*${ENTITY_TAG.source})*[ \\t,]*$`);

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The list of entity tags in `If-Match`. Undefined for no header, for `*`, and for `null`, which a documented client sends. */
export function ifMatch({ headers }: FastifyRequest): string | undefined {
  const header = headers['if-match']?.trim();
  return header === '*' || header === 'null' ? undefined : header;
}

/** The validation error of `If-Match`, or undefined. */
export function ifMatchError(request: FastifyRequest): ApiError | undefined {
  const header = ifMatch(request);
  return header === undefined || ENTITY_TAGS.test(header) ? undefined : invalidIfMatch();
}

/** The validation error of `Idempotency-Key`, or undefined. */
export function idempotencyKeyError({ headers }: FastifyRequest): ApiError | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined || (typeof header === 'string' && IDEMPOTENCY_KEY.test(header))) return undefined;
  return invalidIdempotencyKey();
}
