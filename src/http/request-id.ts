import { randomUUID } from 'node:crypto';

/** A new request id. The client's own `X-Request-Id` is never taken over: it could not be trusted to be unique. */
export function generateRequestId(): string {
  return `req-${randomUUID()}`;
}
