import { STATUS_CODES } from 'node:http';
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
import { HEADERS, headers, REQUEST_ID } from './headers.ts';
import type { Part } from './part.ts';

const ERROR = { $ref: '#/components/schemas/Error' };

interface ErrorKind {
  example: ApiError;
  description: string;
  /** True where the token is not looked at, or not recognised. */
  anonymous?: boolean;
}

/** Every error whose body is always the same, in the order of their status codes. */
const KINDS: ErrorKind[] = [
  { example: unauthorized(), description: 'No token, or one that is unknown, expired or revoked', anonymous: true },
  {
    example: new InsufficientScope('tasks:read'),
    description: 'The token lacks the scope, which `WWW-Authenticate` then names, or is bound to another user',
  },
  { example: notFound(), description: 'There is no such resource' },
  { example: methodNotAllowed('GET, HEAD, OPTIONS, POST'), description: 'The path does not have this method' },
  { example: requestTimeout(), description: 'The request took more than a minute to arrive', anonymous: true },
  { example: eventsExpired(), description: 'Events behind `_after` are no longer kept: what they told is lost' },
  { example: preconditionFailed(), description: '`If-Match` does not hold: the resource has another version' },
  { example: payloadTooLarge(), description: 'The body is larger than 64 KiB' },
  { example: requestTooLarge(414), description: 'The path and query are longer than 8,192 characters' },
  {
    example: idempotencyKeyReused(),
    description: 'The `Idempotency-Key` was used within 24 hours, with another body',
  },
  { example: rateLimitExceeded(30), description: 'Too many requests for the token’s plan, or too many bad tokens' },
  {
    example: requestTooLarge(431),
    description: 'Path, query and headers together are larger than 16 KiB',
    anonymous: true,
  },
  { example: serverError(), description: 'A fault of the service. The log has its cause under the request id' },
  { example: notConfigured('webhooks', 'SECRET_KEY'), description: 'The operator has not set what this takes' },
  {
    example: serviceUnavailable(),
    description: 'The service is overloaded, or its database or the issuer of the token is away',
  },
];

/** The shared responses, by the name under which {@link errorResponse} refers to them. */
export const ERROR_RESPONSES: Record<string, Part> = Object.fromEntries(
  KINDS.map((kind) => [nameOf(kind.example.statusCode), describe(kind, kind.anonymous !== true)]),
);

/**
 * The response for a status.
 *
 * @param open whether the operation needs no token, and so tells nothing of rate limits.
 */
export function errorResponse(status: number, open: boolean): Part {
  if (!open) return { $ref: `#/components/responses/${nameOf(status)}` };
  return describe(KINDS.find(({ example }) => example.statusCode === status) as ErrorKind, false);
}

/** The response of 400. */
export function badRequest(faults: readonly ApiError[], open: boolean): Part {
  const examples = faults.map((fault) => {
    const [detail] = fault.details ?? [];
    return [`${detail?.field}: ${detail?.reason}`, { value: errorBody(fault, REQUEST_ID) }];
  });
  return {
    description: 'The request is not valid: `details` names every fault',
    headers: headers([], !open),
    content: { 'application/json': { schema: ERROR, examples: Object.fromEntries(examples) } },
  };
}

function describe({ example, description }: ErrorKind, limited: boolean): Part {
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
