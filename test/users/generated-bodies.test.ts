import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import fc from '../support/fast-check.ts';
import { generatedBody } from './generated-bodies.ts';

/** The number of bodies to send. A thorough run sets GENERATED_BODIES=100000. */
const COUNT = Number(process.env.GENERATED_BODIES ?? 3000);

const MESSAGES: Record<string, RegExp> = {
  'Is required': /^The `(firstName|lastName|contactEmail)` field is required\.$/,
  'Is read-only': /^The field `userId` cannot be set$/,
  'Unknown field': /^The field `.*` is not known$/s,
  'Invalid type': /^The field `\w+` must be a string$/,
  'String too short': /^The field `\w+` must be between (1 and 100|3 and 255) characters$/,
  'String too long': /^The field `\w+` must be between (1 and 100|3 and 255) characters$/,
  'Invalid format':
    /^The (request body must be a JSON object; it is .+|field `\w+` (contains characters that are not allowed; it must not .+|must be a valid email address))$/,
  'Already in use': /^The `contactEmail` value '.{3,100}' is already in use\.$/s,
};

const FIELDS = ['userId', 'firstName', 'lastName', 'contactEmail'];

interface Detail {
  field: string;
  reason: string;
  location: string;
}

/** Asserts that a 201 returns what was sent, and that a 400 is documented, with details in order and one per field. */
function assertInContract(response: LightMyRequestResponse, body: Buffer): void {
  const value = response.json();
  if (response.statusCode === 201) {
    const sent = JSON.parse(body.toString());
    const { firstName, lastName, contactEmail } = sent;
    assert.deepEqual(Object.keys(sent).sort(), ['contactEmail', 'firstName', 'lastName']);
    assert.deepEqual(value, { userId: value.userId, firstName, lastName, contactEmail });
    assert.equal(response.headers.location, `/users/${value.userId}`);
    return;
  }
  assert.equal(response.statusCode, 400);
  assert.deepEqual(Object.keys(value), ['code', 'message', 'details', 'requestId']);
  const details = value.details as Detail[];
  const missing = details.find(({ reason }) => reason === 'Is required');
  assert.equal(value.code, missing ? 'MISSING_REQUIRED_FIELD' : 'INVALID_FIELD');
  assert.match(value.message, MESSAGES[(missing ?? details[0])?.reason ?? ''] as RegExp);
  for (const { reason, location } of details) {
    assert.ok(reason in MESSAGES, reason);
    assert.equal(location, 'body');
  }
  const known = details.map(({ field }) => FIELDS.indexOf(field)).filter((index) => index !== -1);
  assert.deepEqual(known, [...new Set(known)].sort());
}

testOnBothDatabases(`${COUNT} generated bodies get only documented responses`, async (t) => {
  const { request } = await testApp(t);
  const statuses = new Map<number, number>();
  const property = fc.asyncProperty(generatedBody, async (payload) => {
    const headers = { 'content-type': 'application/json' };
    const response = await request({ method: 'POST', url: '/users', headers, payload });
    assertInContract(response, payload);
    statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
  });
  await fc.assert(property, { numRuns: COUNT, seed: 20_260_301, endOnFailure: true });
  // Both responses occurred.
  assert.ok((statuses.get(201) ?? 0) > COUNT / 100, JSON.stringify([...statuses]));
  assert.ok((statuses.get(400) ?? 0) > COUNT / 10, JSON.stringify([...statuses]));
});
