import { randomUUID } from 'node:crypto';

/** A new request ID. A client's `X-Request-Id` is ignored, because it may not be unique. */
export function generateRequestId(): string {
  return `req-${randomUUID()}`;
}
