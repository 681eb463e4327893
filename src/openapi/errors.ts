import {
  type ApiError,
  errorBody,
  eventsExpired,
  InsufficientScope,
  idempotencyKeyReused,
  methodNotAllowed,
  notConfigured,
  notFound,
  payloadTooLarge,
  preconditionFailed,
  rateLimitExceeded,
  requestTimeout,
  requestTooLarge,
  serverError,
  serviceUnavailable,
  unauthorized,
} from '../http/errors/api-error.ts';
import { STATUS_CODES } from '../node-http.ts';
import { HEADERS, headers, REQUEST_ID } from './headers.ts';
import type { JsonObject } from './json-object.ts';

const ERROR = { $ref: '#/components/schemas/Error' };

interface ErrorKind {
  example: ApiError;
  description: string;
  /** Whether the response has no rate limit headers, because no token has been recognized. */
  anonymous?: boolean;
}

/** The errors whose body is always the same, by status code. */
const KINDS: ErrorKind[] = [
  { example: unauthorized(), description: 'The token is missing, unknown, expired or revoked', anonymous: true },
  {
    example: new InsufficientScope('tasks:read'),
    description: 'The token lacks the scope, which `WWW-Authenticate` names, or acts as another user',
  },
  { example: notFound(), description: 'The resource does not exist' },
  { example: methodNotAllowed('GET, HEAD, OPTIONS, POST'), description: 'The path does not support this method' },
  { example: requestTimeout(), description: 'The request took longer than a minute to arrive', anonymous: true },
  { example: eventsExpired(), description: 'Events after `_after` have been deleted because of their age' },
  { example: preconditionFailed(), description: '`If-Match` does not match: the resource has changed' },
  { example: payloadTooLarge(), description: 'The body is larger than 64 KiB, or that of a batch larger than 2 MiB' },
  { example: requestTooLarge(414), description: 'The path and query are longer than 8,192 characters' },
  {
    example: idempotencyKeyReused(),
    description: 'The `Idempotency-Key` was used with another request within 24 hours',
  },
  {
    example: rateLimitExceeded(30),
    description: 'Too many requests for the plan of the token, or too many invalid tokens',
  },
  {
    example: requestTooLarge(431),
    description: 'Path, query and headers together are larger than 16 KiB',
    anonymous: true,
  },
  { example: serverError(), description: 'An internal error. The log has its cause under the request ID' },
  {
    example: notConfigured('webhooks', 'SECRET_KEY'),
    description: 'The operator has not configured a setting that this operation needs',
  },
  {
    example: serviceUnavailable(),
    description: 'The service is overloaded, or its database or the issuer of the token is unavailable',
  },
];

/** The shared responses, by the name that {@link errorResponse} refers to. */
export const ERROR_RESPONSES: Record<string, JsonObject> = Object.fromEntries(
  KINDS.map((kind) => [nameOf(kind.example.statusCode), describe(kind, kind.anonymous !== true)]),
);

/**
 * The response for a status.
 *
 * @param open whether the operation needs no token and so has no rate limit headers.
 */
export function errorResponse(status: number, open: boolean): JsonObject {
  if (!open) return { $ref: `#/components/responses/${nameOf(status)}` };
  return describe(KINDS.find(({ example }) => example.statusCode === status) as ErrorKind, false);
}

/** The response of 400. */
export function badRequest(errors: readonly ApiError[], open: boolean): JsonObject {
  const examples = errors.map((error) => {
    const [detail] = error.details ?? [];
    return [`${detail?.field}: ${detail?.reason}`, { value: errorBody(error, REQUEST_ID) }];
  });
  return {
    description: 'The request is not valid: `details` lists every error',
    headers: headers([], !open),
    content: { 'application/json': { schema: ERROR, examples: Object.fromEntries(examples) } },
  };
}

function describe({ example, description }: ErrorKind, limited: boolean): JsonObject {
  const sent = new Set(Object.keys(example.headers ?? {}));
  const names = Object.keys(HEADERS).filter((name) => sent.has(name.toLowerCase()));
  return {
    description,
    headers: headers(names, limited),
    content: { 'application/json': { schema: ERROR, example: errorBody(example, REQUEST_ID) } },
  };
}

function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? '').replaceAll(' ', '');
}
