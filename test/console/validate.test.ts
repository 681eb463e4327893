import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemText } from '../../console/src/api/problem-text.ts';
import { type BodyName, type FieldProblem, fieldSchema, validate } from '../../console/src/api/validate.ts';
import { renderConsoleSchemas } from '../../scripts/write-console-schemas.ts';
import { testApp } from '../support/app.ts';
import fc from '../support/fast-check.ts';

test('the schemas of the console are those of the service', () => {
  const file = readFileSync(join(import.meta.dirname, '../../console/src/api/schemas.json'), 'utf8');
  assert.deepEqual(JSON.parse(file), JSON.parse(renderConsoleSchemas()), 'run `npm run client:types`');
});

const TEXTS = [
  '',
  ' ',
  'a',
  'Ada',
  '\u0000',
  '\ud800',
  'x\u2028',
  '\u{1d4b3}'.repeat(80),
  'a'.repeat(101),
  'a'.repeat(256),
];
const value = fc.oneof(
  fc.constantFrom<unknown>(...TEXTS),
  fc.constantFrom<unknown>(
    'ada@example.com',
    'ada@',
    'a b@c.de',
    'ada@example',
    'https://example.com/h',
    'ftp://x',
    'BLOCKED',
  ),
  fc.constantFrom<unknown>(
    '2030-01-01T00:00:00Z',
    '2030-02-30T00:00:00Z',
    '2030-01-01',
    '2030-01-01T24:00Z',
    '2030-01-01t01:02',
  ),
  fc.constantFrom<unknown>(null, true, 0, 1, -1, 1.5, 64_001, 2 ** 53, []),
  fc.constantFrom<unknown>(['admin'], ['admin', 'admin'], ['x'], ['task.created']),
);

const BODIES: Record<BodyName, { method: 'POST' | 'PATCH'; url: string; fields: string[] }> = {
  NewUser: { method: 'POST', url: '/users', fields: ['userId', 'firstName', 'lastName', 'contactEmail', 'other'] },
  UserChanges: { method: 'PATCH', url: '/users/99', fields: ['firstName', 'lastName', 'contactEmail', 'other'] },
  NewTask: {
    ...{ method: 'POST', url: '/tasks' },
    fields: ['taskId', 'userId', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset', 'x'],
  },
  TaskChanges: {
    ...{ method: 'PATCH', url: '/tasks/99' },
    fields: ['userId', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset', 'toString'],
  },
  NewToken: { method: 'POST', url: '/tokens', fields: ['tokenId', 'name', 'scopes', 'plan', 'userId', 'expiresAt'] },
  NewWebhook: { method: 'POST', url: '/webhooks', fields: ['url', 'events', 'description', 'enabled', 'secret'] },
  WebhookChanges: { method: 'PATCH', url: '/webhooks/99', fields: ['url', 'events', 'description', 'enabled'] },
};

test('the console and the service report the same errors of bodies', async (t) => {
  const { request } = await testApp(t);
  for (const [name, { method, url, fields }] of Object.entries(BODIES) as [BodyName, (typeof BODIES)[BodyName]][]) {
    const bodies = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: fields.length });
    const compare = async (body: Record<string, unknown>) => {
      const here = validate(name, body);
      const payload = JSON.stringify(body);
      const response = await request({ method, url, payload, headers: { 'content-type': 'application/json' } });
      const { details = [], message } = response.json() as { details?: FieldProblem[]; message: string };
      const own = here.map(({ field, reason }) => ({ field, reason, location: 'body' }));
      // What only the service checks. Everything that the console rejects, the service rejects too.
      const expected = details.filter(
        ({ field, reason }) => !isCheckedByService(field, reason) || own.some((problem) => problem.field === field),
      );
      assert.deepEqual(own, expected, `${name} ${payload}`);
      if (details.length === 1 && own.length === 1) assert.equal(here[0]?.message, message);
    };
    await fc.assert(fc.asyncProperty(bodies, compare), { numRuns: 200 });
  }
});

test('the errors of a form have a text for each kind', () => {
  const cases: [body: BodyName, field: string, value: unknown, text: string][] = [
    ['NewTask', 'taskTitle', undefined, 'isRequired'],
    ['NewTask', 'taskTitle', '', 'isRequired'],
    ['NewTask', 'taskTitle', ' \u0085', 'isRequired'],
    ['NewTask', 'taskTitle', 'x'.repeat(81), 'tooLong'],
    ['NewTask', 'taskTitle', 'a\u0000', 'invalidCharacters'],
    ['NewTask', 'taskStatus', 'LATER', 'noChoice'],
    ['NewTask', 'dueDate', 'later', 'noDateTime'],
    ['NewTask', 'warningOffset', 64_001, 'outOfRange'],
    ['NewTask', 'warningOffset', -1, 'outOfRange'],
    ['NewToken', 'userId', Number('two'), 'outOfRange'],
    ['NewToken', 'scopes', [], 'noneSelected'],
    ['NewToken', 'scopes', ['all'], 'noChoice'],
    ['NewUser', 'contactEmail', 'a', 'noEmail'],
    ['NewUser', 'contactEmail', 'ada@example', 'noEmail'],
    ['NewUser', 'contactEmail', `${'a'.repeat(255)}@example.com`, 'tooLong'],
    ['NewWebhook', 'url', 'ftp://x', 'noUrl'],
  ];
  for (const [body, field, value, text] of cases) {
    const problem = validate(body, { [field]: value }).find((one) => one.field === field);
    assert.ok(problem !== undefined, field);
    // Without texts of a language, it is the key.
    assert.equal(problemText(problem, fieldSchema(body, field), value), `ui.${text}`, `${field} ${value}`);
  }
});

function isCheckedByService(field: string, reason: string): boolean {
  if (['Already in use', 'Does not exist'].includes(reason)) return true;
  if (field === 'plan') return reason === 'Invalid value';
  return ['contactEmail', 'url'].includes(field) && reason === 'Invalid format';
}
