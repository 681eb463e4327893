import type { JsonObject } from './json-object.ts';

/** The request ID of every example. */
export const REQUEST_ID = 'req-3f0c5a1e-7f0b-4c39-9d2e-6a1b8c4d5e6f';

/** The response headers, by name. */
export const HEADERS: Record<string, JsonObject> = {
  'X-Request-Id': {
    description: 'The ID of this request, also in the log',
    schema: { type: 'string' },
    example: REQUEST_ID,
  },
  'X-RateLimit-Limit': {
    description: 'The number of requests allowed in the window with the fewest left. Not sent for plans without limits',
    schema: { type: 'integer' },
    example: 60,
  },
  'X-RateLimit-Remaining': {
    description: 'The number of requests left in that window',
    schema: { type: 'integer' },
    example: 59,
  },
  'X-RateLimit-Reset': {
    description: 'When that window ends, in seconds since the epoch',
    schema: { type: 'integer' },
    example: 1767225660,
  },
  'Retry-After': { description: 'Seconds to wait before the next request', schema: { type: 'integer' }, example: 30 },
  'WWW-Authenticate': {
    description: 'How to authenticate (RFC 6750): `Bearer`. On 403 it names the scope that the token lacks, if any',
    schema: { type: 'string' },
    example: 'Bearer error="insufficient_scope", scope="tasks:read"',
  },
  Allow: {
    description: 'The methods that the path supports',
    schema: { type: 'string' },
    example: 'GET, HEAD, OPTIONS, POST',
  },
  Location: { description: 'The path of the new resource', schema: { type: 'string' }, example: '/users/1' },
  'Idempotency-Replayed': {
    description: '`true` if an earlier request with the same `Idempotency-Key` created the resource',
    schema: { type: 'string' },
    example: 'true',
  },
  ETag: {
    description: 'The version of this response, for `If-None-Match` and `If-Match`',
    schema: { type: 'string' },
    example: '"1"',
  },
  Link: {
    description: 'The `first`, `prev` and `next` pages, if they exist; for events, `next` and `last` (RFC 8288)',
    schema: { type: 'string' },
    example: '</users>; rel="first", </users?_page=1>; rel="prev"',
  },
  Vary: {
    description:
      '`Accept`, because that request header selects the form of the response; `Origin` if CORS is configured',
    schema: { type: 'string' },
    example: 'Accept',
  },
  'X-Total-Count': {
    description: 'The number of items on all pages, if requested by `Prefer: count=exact`',
    schema: { type: 'integer' },
    example: 1,
  },
  'Consistency-Token': {
    description:
      'Sent if lists come from replicas: a list that is requested with it includes this write. Of two values, the one that is ' +
      'greater as text is newer',
    schema: { type: 'string' },
    example: '00000000016b3748',
  },
  'Preference-Applied': {
    description: 'The preference that was applied',
    schema: { type: 'string' },
    example: 'count=exact',
  },
};

const RATE_LIMITS = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];

/**
 * The headers of a response, with the request ID and the rate limits added.
 *
 * @param limited whether the response can be sent to a recognized token.
 */
export function headers(names: readonly string[], limited: boolean): JsonObject {
  const all = ['X-Request-Id', ...(limited ? RATE_LIMITS : []), ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
