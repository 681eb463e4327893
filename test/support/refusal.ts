import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';

/** What a 400 says. */
export interface Refusal {
  /** `INVALID_FIELD` unless told. */
  code?: string;
  message: string;
  /** The location is `body` unless told. */
  details: [field: string, reason: string, location?: string][];
}

/** Asserts a 400 down to the letter. */
export function assertRefused(answer: LightMyRequestResponse, expected: Refusal): void {
  assert.equal(answer.statusCode, 400, answer.body);
  assert.deepEqual(answer.json(), {
    code: expected.code ?? 'INVALID_FIELD',
    message: expected.message,
    details: expected.details.map(([field, reason, location = 'body']) => ({ field, reason, location })),
    requestId: answer.headers['x-request-id'],
  });
}

/** @param why as in "it is empty". */
export function notAnObject(why: string): Refusal {
  return { message: `The request body must be a JSON object; ${why}`, details: [['body', 'Invalid format']] };
}
