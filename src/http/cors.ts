import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What a page of another origin may send, beyond what every page may. */
const REQUEST_HEADERS = [
  ...['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'Last-Event-ID', 'Prefer'],
];

/** What such a page may read of an answer, beyond what every page may. */
const RESPONSE_HEADERS = [
  ...['X-Request-Id', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After'],
  ...['Link', 'X-Total-Count', 'Preference-Applied', 'Location', 'ETag', 'Idempotency-Replayed', 'WWW-Authenticate'],
];

/** For how long a browser need not ask again, in seconds: no browser remembers it for longer. */
const MAX_AGE = 7200;

/**
 * Lets pages of these origins use the API (https://fetch.spec.whatwg.org/#http-cors-protocol). To be called before
 * requests are looked at, since refusals need the headers as well, and before routes are: the plugin's own names no scope.
 *
 * @param origins each as a browser sends it in `Origin`, or a pattern; `*` for all.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly (string | RegExp)[]): Promise<void> {
  await app.register(cors, {
    // Only browsers send an origin. Other clients need not be sent these headers.
    origin: origins.includes('*') ? '*' : (origin, done) => done(null, origin !== undefined && [...origins]),
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: MAX_AGE,
    // OPTIONS is answered as without CORS, with the headers added.
    preflightContinue: true,
    strictPreflight: false,
  });
}

/** The pages of development servers: on this machine, on any port. */
export const LOCAL_ORIGINS = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** The path of the route that the plugin adds for OPTIONS of whatever has no route: it stands for none. */
export const ANY_PATH = '*';
