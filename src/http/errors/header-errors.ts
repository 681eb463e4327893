import type { FastifyRequest } from 'fastify';
import { type ApiError, invalidIdempotencyKey, invalidIfMatch } from './api-error.ts';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** An entity tag, strong or weak; the group is the tag without `W/`. */
export const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;
/** A list of entity tags, in which elements may be empty (RFC 9110, sections 5.6.1 and 8.8.3). */
const ENTITY_TAGS = new RegExp(`^[ \\t,]*${ENTITY_TAG.source}(?:[ \\t]*,[ \\t,]*${ENTITY_TAG.source})*[ \\t,]*$`);

/** The value of `If-Match`, or undefined if it sets no condition: `*` matches any existing resource, and `null` is ignored. */
export function ifMatch({ headers }: FastifyRequest): string | undefined {
  const header = headers['if-match']?.trim();
  return header === '*' || header === 'null' ? undefined : header;
}

/** The error of an invalid `If-Match`. */
export function ifMatchError(request: FastifyRequest): ApiError | undefined {
  const header = ifMatch(request);
  return header === undefined || ENTITY_TAGS.test(header) ? undefined : invalidIfMatch();
}

/** The error of an invalid `Idempotency-Key`. */
export function idempotencyKeyError({ headers }: FastifyRequest): ApiError | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined || (typeof header === 'string' && IDEMPOTENCY_KEY.test(header))) return undefined;
  return invalidIdempotencyKey();
}
