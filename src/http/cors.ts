import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Request headers that pages of other origins may send, in addition to the CORS-safelisted ones. */
const REQUEST_HEADERS = [
  ...['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'Last-Event-ID', 'Prefer'],
  ...['Cache-Control', 'Consistency-Token'],
];

/** Response headers that such pages may read, in addition to the CORS-safelisted ones. */
const RESPONSE_HEADERS = [
  ...['X-Request-Id', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After'],
  ...['Link', 'X-Total-Count', 'Preference-Applied', 'Location', 'ETag', 'Idempotency-Replayed', 'WWW-Authenticate'],
  ...['Deprecation', 'Sunset', 'Consistency-Token'],
];

/** How long browsers may cache the response to a preflight request: the longest time that any browser supports. */
const MAX_AGE_SECONDS = 7200;

/**
 * Allows pages of these origins to use the API (https://fetch.spec.whatwg.org/#http-cors-protocol). Must be called before
 * access control is added: error responses need the headers too, and the plugin's own route has no scope.
 *
 * @param origins values of the `Origin` header, or patterns; `*` for all.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly (string | RegExp)[]): Promise<void> {
  await app.register(cors, {
    // Clients other than browsers send no Origin header and do not need these headers.
    origin: origins.includes('*') ? '*' : (origin, done) => done(null, origin !== undefined && [...origins]),
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: MAX_AGE_SECONDS,
    // The routes for OPTIONS respond, with the CORS headers added.
    preflightContinue: true,
    strictPreflight: false,
  });
}

/** The origins of development servers: this machine, any port. */
export const LOCAL_ORIGINS = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** The path of the route that the plugin adds for OPTIONS. A request that matches only this route has none. */
export const ANY_PATH = '*';
