import type { Part } from './part.ts';

/** The request id of every example. */
export const REQUEST_ID = 'req-3f0c5a1e-7f0b-4c39-9d2e-6a1b8c4d5e6f';

/** Every header of a response, by name. */
export const HEADERS: Record<string, Part> = {
  'X-Request-Id': {
    description: 'The id of this request, as the log has it',
    schema: { type: 'string' },
    example: REQUEST_ID,
  },
  'X-RateLimit-Limit': {
    description: 'How many requests the window with least left allows. Not sent to tokens of a plan without limits',
    schema: { type: 'integer' },
    example: 60,
  },
  'X-RateLimit-Remaining': {
    description: 'How many of them are left',
    schema: { type: 'integer' },
    example: 59,
  },
  'X-RateLimit-Reset': {
    description: 'When that window ends, in seconds since the epoch',
    schema: { type: 'integer' },
    example: 1767225660,
  },
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' }, example: 30 },
  'WWW-Authenticate': {
    description:
      'How to authenticate (RFC 6750): `Bearer`; on 403 with the scope that the token lacks, where it lacks one',
    schema: { type: 'string' },
    example: 'Bearer error="insufficient_scope", scope="tasks:read"',
  },
  Allow: {
    description: 'The methods that the path has',
    schema: { type: 'string' },
    example: 'GET, HEAD, OPTIONS, POST',
  },
  Location: { description: 'The path of what was created', schema: { type: 'string' }, example: '/users/1' },
  'Idempotency-Replayed': {
    description: '`true` where an earlier request with the same `Idempotency-Key` created it',
    schema: { type: 'string' },
    example: 'true',
  },
  ETag: {
    description: 'The version of this answer, for `If-None-Match` and `If-Match`',
    schema: { type: 'string' },
    example: '"1"',
  },
  Link: {
    description: 'The `first`, `prev` and `next` page, as far as there is one; of events, `next` and `last` (RFC 8288)',
    schema: { type: 'string' },
    example: '</users>; rel="first", </users?_page=1>; rel="prev"',
  },
  'X-Total-Count': {
    description: 'How many items the list has on all pages, when `Prefer: count=exact` asked for it',
    schema: { type: 'integer' },
    example: 1,
  },
  'Preference-Applied': {
    description: 'The preference that was followed',
    schema: { type: 'string' },
    example: 'count=exact',
  },
};

const RATE_LIMITS = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];

/**
 * The headers of a response: these, the request id, and what is left of the token's rate limits.
 *
 * @param limited whether the response can be to a recognised token.
 */
export function headers(names: readonly string[], limited: boolean): Part {
  const all = ['X-Request-Id', ...(limited ? RATE_LIMITS : []), ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
