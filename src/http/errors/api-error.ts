import type { ErrorCode } from './error-codes.ts';
import { ENTITY_TAGS_EXPECTED } from './if-match.ts';
import { sanitize } from './sanitize.ts';

/** One validation error of a request. */
export interface ErrorDetail {
  field: string;
  reason: string;
  location: 'body' | 'query' | 'path' | 'header';
}

/** An error response, except for its request id. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly statusCode: number;
  readonly code: ErrorCode;
  readonly details: ErrorDetail[] | undefined;
  readonly headers: Record<string, string> | undefined;

  constructor(
    statusCode: number,
    code: ErrorCode,
    message: string,
    more: { details?: ErrorDetail[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.statusCode = statusCode;
    this.code = code;
    this.details = more.details;
    this.headers = more.headers;
  }
}

/** The body of an error response. */
export function errorBody(error: ApiError, requestId: string): object {
  const { code, message, details } = error;
  return details === undefined ? { code, message, requestId } : { code, message, details, requestId };
}

/** The maximum number of items of a batch that a message names. */
const MAX_NAMED_ITEMS = 10;

/** The maximum number of details of an error. */
export const MAX_DETAILS = 100;

/** 400 with one validation error. */
export function invalidField(detail: ErrorDetail, message: string): ApiError {
  return new ApiError(400, 'INVALID_FIELD', message, { details: [detail] });
}

/**
 * Combines several 400s into one. The code is `MISSING_REQUIRED_FIELD` if any error has it. The message is that of the
 * first error with that code.
 *
 * @param errors at least one, in the order of the details.
 */
export function combine(errors: readonly ApiError[]): ApiError {
  const { code, message } = errors.find(({ code }) => code === 'MISSING_REQUIRED_FIELD') ?? (errors[0] as ApiError);
  const details = errors.flatMap((error) => error.details ?? []).slice(0, MAX_DETAILS);
  return new ApiError(400, code, message, { details });
}

/** 400: a required field is missing. */
export function missingField(field: string): ApiError {
  const details: ErrorDetail[] = [{ field, reason: 'Is required', location: 'body' }];
  return new ApiError(400, 'MISSING_REQUIRED_FIELD', `The \`${field}\` field is required.`, { details });
}

/**
 * 400: the body is empty, not JSON, or not an object.
 *
 * @param why a clause such as "it is empty".
 */
export function bodyNotAnObject(why: string, cause?: unknown): ApiError {
  const details: ErrorDetail[] = [{ field: 'body', reason: 'Invalid format', location: 'body' }];
  const message = `The request body must be a JSON object; ${why}`;
  return new ApiError(400, 'INVALID_FIELD', message, { details, cause });
}

/** 400: a PATCH without any field to change. */
export function bodyEmpty(): ApiError {
  return invalidField(
    { field: 'body', reason: 'Is required', location: 'body' },
    'The request body must contain at least one field',
  );
}

/** 400: an update in a batch without any field to change. */
export function itemEmpty(item: string): ApiError {
  return invalidField(
    { field: item, reason: 'Is required', location: 'body' },
    `The item \`${item}\` must contain at least one field to change`,
  );
}

/** 400: the media type of the body is not JSON. */
export function wrongContentType(): ApiError {
  return invalidField(
    { field: 'Content-Type', reason: 'Invalid value', location: 'header' },
    'The `Content-Type` header must be application/json',
  );
}

/** 400: the request is not valid HTTP (RFC 9112). */
export function malformedRequest(cause?: unknown): ApiError {
  const details: ErrorDetail[] = [{ field: 'request', reason: 'Invalid format', location: 'header' }];
  return new ApiError(400, 'INVALID_FIELD', 'The request is not valid HTTP', { details, cause });
}

/** 400: the value of a header is invalid; `expected` is a predicate such as "must be a number". */
export function invalidHeader(name: string, expected: string): ApiError {
  return invalidField(
    { field: name, reason: 'Invalid format', location: 'header' },
    `The \`${name}\` header ${expected}`,
  );
}

/** 400: `If-Match` is not a list of entity tags (RFC 9110, section 8.8.3). */
export function invalidIfMatch(): ApiError {
  return invalidHeader('If-Match', ENTITY_TAGS_EXPECTED);
}

/** 400: `Idempotency-Key` is empty, too long, or has characters that are not visible ASCII. */
export function invalidIdempotencyKey(): ApiError {
  return invalidHeader('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
}

/**
 * 400: a value is not valid.
 *
 * @param allowed what the value must be, such as "one of A, B"; undefined to leave that sentence out.
 */
export function invalidValue(
  location: ErrorDetail['location'],
  field: string,
  value: unknown,
  allowed?: string,
): ApiError {
  const sentence = `The \`${field}\` value '${sanitize(toText(value))}' is not valid.`;
  return invalidField(
    { field, reason: 'Invalid value', location },
    allowed === undefined ? sentence : `${sentence} It must be ${allowed}.`,
  );
}

/**
 * 400: a parameter cannot be used in this request.
 *
 * @param when a phrase such as "with `_page`".
 */
export function parameterNotAllowed(name: string, when: string): ApiError {
  return invalidField(
    { field: name, reason: 'Invalid value', location: 'query' },
    `The parameter \`${name}\` is not allowed ${when}`,
  );
}

/** A value as text for a message. Objects are not expanded, because the client controls their depth and their `toString`. */
function toText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (!Array.isArray(value)) return '{…}';
  return value.every((item) => typeof item === 'string') ? value.join(',') : '[…]';
}

/** 400: the referenced resource does not exist. */
export function doesNotExist(field: string, id: number, resource = 'user'): ApiError {
  return invalidField(
    { field, reason: 'Does not exist', location: 'body' },
    `The \`${field}\` value '${id}' does not refer to an existing ${resource}.`,
  );
}

/**
 * 400: the value must be unique, and another resource has it.
 *
 * @param by the name of an item of the same batch that has it.
 */
export function alreadyInUse(field: string, value: string, by?: string): ApiError {
  const where = by === undefined ? '' : ` by \`${by}\``;
  return invalidField(
    { field, reason: 'Already in use', location: 'body' },
    `The \`${field}\` value '${sanitize(value)}' is already in use${where}.`,
  );
}

const FORBIDDEN = 'You do not have permission to access this resource';

export function unauthorized(): ApiError {
  return new ApiError(401, 'UNAUTHORIZED', 'Authentication is required to access this resource', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

export function forbidden(): ApiError {
  return new ApiError(403, 'FORBIDDEN', FORBIDDEN);
}

/** 403: the token lacks a scope, which the response names (RFC 6750, section 3). */
export class InsufficientScope extends ApiError {
  /** The scope, or several separated by spaces if any one of them is enough. */
  readonly missingScope: string;

  constructor(missingScope: string) {
    const challenge = `Bearer error="insufficient_scope", scope="${missingScope}"`;
    super(403, 'FORBIDDEN', FORBIDDEN, { headers: { 'www-authenticate': challenge } });
    this.missingScope = missingScope;
  }
}

export function notFound(): ApiError {
  return new ApiError(404, 'RESOURCE_NOT_FOUND', 'The requested resource could not be found');
}

/** @param allow the value of the `Allow` header. */
export function methodNotAllowed(allow: string): ApiError {
  return new ApiError(405, 'METHOD_NOT_ALLOWED', 'The method is not allowed for this resource', { headers: { allow } });
}

/** 408: the request did not arrive within the time limit. */
export function requestTimeout(): ApiError {
  return new ApiError(408, 'REQUEST_TIMEOUT', 'The request took too long to arrive');
}

/** 410: events that follow the requested one were pruned. */
export function eventsExpired(): ApiError {
  return new ApiError(
    410,
    'EVENTS_EXPIRED',
    'Events after this one are no longer kept. Load the resources again and continue with the newest event',
  );
}

/**
 * 412: `If-Match` does not match the current version.
 *
 * @param items the names of the items of a batch that have changed.
 */
export function preconditionFailed(items: readonly string[] = []): ApiError {
  const named = items.slice(0, MAX_NAMED_ITEMS).map((item) => `\`${item}\``);
  if (items.length > named.length) named.push(`${items.length - named.length} more`);
  const which = named.length === 0 ? '' : `: ${named.join(', ')}`;
  return new ApiError(412, 'PRECONDITION_FAILED', `The resource has changed since it was read${which}`);
}

export function payloadTooLarge(): ApiError {
  return new ApiError(413, 'PAYLOAD_TOO_LARGE', 'The request body is too large');
}

/** @param statusCode 414 for the request line, 431 for the headers. */
export function requestTooLarge(statusCode: 414 | 431): ApiError {
  return new ApiError(statusCode, 'REQUEST_TOO_LARGE', 'The request line or headers are too large');
}

export function idempotencyKeyReused(): ApiError {
  return new ApiError(422, 'IDEMPOTENCY_KEY_REUSED', 'The idempotency key was used for a different request');
}

/**
 * 429: the limit of the plan is exceeded.
 *
 * @param retryAfter whole seconds.
 * @param requests how many requests were to be counted: more than one for the items of a batch.
 */
export function rateLimitExceeded(retryAfter: number, requests = 1): ApiError {
  const batch = requests === 1 ? '' : `. The items of this batch count as ${requests} requests`;
  return new ApiError(429, 'RATE_LIMIT_EXCEEDED', `Rate limit exceeded. Try again in ${retryAfter} seconds${batch}`, {
    headers: { 'retry-after': String(retryAfter) },
  });
}

export function serverError(cause?: unknown): ApiError {
  return new ApiError(500, 'SERVER_ERROR', 'An unexpected error occurred. Please try again later', { cause });
}

/**
 * 501: the operator has not configured the feature.
 *
 * @param what the feature, a plural noun.
 */
export function notConfigured(what: string, variable: string): ApiError {
  const message = `This service has no ${what}: its operator must set ${variable} first`;
  return new ApiError(501, 'NOT_CONFIGURED', message);
}

/**
 * 503: the service is overloaded, or a service that it needs is unavailable.
 *
 * @param retryAfter whole seconds.
 */
export function serviceUnavailable(cause?: unknown, retryAfter = 1): ApiError {
  return new ApiError(503, 'SERVICE_UNAVAILABLE', 'The service is temporarily unavailable. Please try again later', {
    headers: { 'retry-after': String(retryAfter) },
    cause,
  });
}
