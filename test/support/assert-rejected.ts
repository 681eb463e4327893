import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';

/** The body of a 400 response. */
export interface ExpectedError {
  /** `INVALID_FIELD` by default. */
  code?: string;
  message: string;
  /** `location` is `body` by default. */
  details: [field: string, reason: string, location?: string][];
}

/** Asserts a 400 response with exactly this body. */
export function assertRejected(response: LightMyRequestResponse, expected: ExpectedError): void {
  assert.equal(response.statusCode, 400, response.body);
  assert.deepEqual(response.json(), {
    code: expected.code ?? 'INVALID_FIELD',
    message: expected.message,
    details: expected.details.map(([field, reason, location = 'body']) => ({ field, reason, location })),
    requestId: response.headers['x-request-id'],
  });
}

/** @param why the end of the message, for example "it is empty". */
export function notAnObject(why: string): ExpectedError {
  return { message: `The request body must be a JSON object; ${why}`, details: [['body', 'Invalid format']] };
}
