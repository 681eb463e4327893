/** Every error code, by status code. The meaning of a code never changes. */
export const ERROR_CODES = [
  'INVALID_FIELD',
  'MISSING_REQUIRED_FIELD',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'RESOURCE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'REQUEST_TIMEOUT',
  'EVENTS_EXPIRED',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'REQUEST_TOO_LARGE',
  'IDEMPOTENCY_KEY_REUSED',
  'RATE_LIMIT_EXCEEDED',
  'SERVER_ERROR',
  'NOT_CONFIGURED',
  'SERVICE_UNAVAILABLE',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
