import assert from 'node:assert/strict';
import { test as plainTest } from 'node:test';
import { describeJsonError } from '../../src/http/json-body.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import fc from '../support/fast-check.ts';

/** `details` in the short form "field: reason (location)". */
function detailsOf(response: { json(): { details: { field: string; reason: string; location: string }[] } }): string[] {
  return response.json().details.map(({ field, reason, location }) => `${field}: ${reason} (${location})`);
}

const query = (...names: string[]) => names.map((name) => `${name}: Invalid value (query)`);
const CURSOR = 'WzFd.AAAAAAAAAAAAAAAA';

const lists: [url: string, details: string[]][] = [
  ['/users?_sort=userId,userId&_perPage=0', query('_perPage', '_sort')],
  ['/users?_cursor=forged&foo=1', [...query('_cursor'), 'foo: Unknown field (query)']],
  ['/users?_cursor=Zm9yZ2Vk.AAAAAAAAAAAAAAAA&_perPage=0', query('_perPage', '_cursor')],
  ['/users?contactEmail=x&_cursor=Zm9yZ2Vk.AAAAAAAAAAAAAAAA', query('_cursor', 'contactEmail')],
  ['/users?_cursor=a.b&_sort=foo', query('_sort', '_cursor')],
  [
    '/users?_cursor=a.b&_sort=-userId,userId&_page=x&updatedSince=x&contactEmail=x',
    [...query('_page', '_sort', '_cursor', 'updatedSince', 'contactEmail')],
  ],
  // The list that this cursor belongs to is unknown.
  [`/users?_cursor=${CURSOR}&_sort=foo`, query('_sort')],
  [`/users?_cursor=${CURSOR}&_sort=foo&_page=0`, query('_sort', '_cursor')],
  [`/users?_cursor=${CURSOR}&foo=1`, [...query('_cursor'), 'foo: Unknown field (query)']],
  [`/users?_cursor=${CURSOR}&_perPage=0&_page=x`, query('_page', '_perPage', '_cursor')],
  ['/tasks/x/history?_cursor=a.b&_perPage=0', ['taskId: Invalid value (path)', ...query('_perPage', '_cursor')]],
  [`/tasks/x/history?_cursor=${CURSOR}`, ['taskId: Invalid value (path)']],
  ['/audit?_cursor=a.b&userId=0', query('_cursor', 'userId')],
  ['/tokens?_cursor=a.b&_sort=name', query('_sort', '_cursor')],
  ['/webhooks?_cursor=a.b&_sort=name', query('_sort', '_cursor')],
  ['/webhooks/0/deliveries?state=x&_cursor=a.b', ['webhookId: Invalid value (path)', ...query('_cursor', 'state')]],
  ['/events?_after=x&_perPage=0', query('_after', '_perPage')],
];

testOnBothDatabases('a plus sign decoded as a space is pointed out, in dates and addresses', async (t) => {
  const { request } = await testApp(t);
  const plus = 'in a URL write a plus sign as %2B';
  for (const [query, pointedOut] of [
    ['contactEmail=ada+tasks@example.com', true],
    ['updatedSince=2026-03-01T12:00:00+02:00', true],
    ['contactEmail=ada', false],
    ['updatedSince=2026-03-01', false],
    ['_perPage=+1', false],
  ] as const) {
    const response = await request({ url: `/users?${query}` });
    assert.equal(response.statusCode, 400);
    assert.equal(response.json().message.includes(plus), pointedOut, response.json().message);
  }
  assert.equal((await request({ url: '/users?contactEmail=ada%2Btasks@example.com' })).statusCode, 200);
});

testOnBothDatabases('details lists every error of a query, also those found outside the schema', async (t) => {
  const { request } = await testApp(t);
  for (const [url, details] of lists) {
    const response = await request({ url });
    assert.equal(response.statusCode, 400, url);
    assert.deepEqual(detailsOf(response), details, url);
  }
  const ids = await request({ method: 'POST', url: '/webhooks/x/deliveries/0/redeliver' });
  assert.deepEqual(detailsOf(ids), ['webhookId: Invalid value (path)', 'deliveryId: Invalid value (path)']);
  const headers = { accept: 'text/event-stream', 'last-event-id': 'x' };
  const stream = await request({ url: '/events?_perPage=0&foo=1', headers });
  assert.deepEqual(detailsOf(stream), [
    ...['_perPage: Invalid value (query)', 'foo: Unknown field (query)'],
    'Last-Event-ID: Invalid format (header)',
  ]);
});

testOnBothDatabases('details lists the errors of path, headers and body together', async (t) => {
  const { request } = await testApp(t);
  const send = (method: 'POST' | 'PATCH', url: string, headers: Record<string, string>, payload: string) =>
    request({ method, url, headers: { 'content-type': 'application/json', ...headers }, payload });
  const create = await send('POST', '/users', { 'idempotency-key': 'a b' }, '{"firstName": "", "x": 1}');
  assert.deepEqual(detailsOf(create), [
    'Idempotency-Key: Invalid format (header)',
    ...['firstName: String too short (body)', 'lastName: Is required (body)', 'contactEmail: Is required (body)'],
    'x: Unknown field (body)',
  ]);
  assert.equal(create.json().code, 'MISSING_REQUIRED_FIELD');
  assert.equal(create.json().message, 'The `lastName` field is required.');
  const change = await send('PATCH', '/users/0', { 'if-match': '1' }, '[');
  assert.deepEqual(detailsOf(change), [
    ...['userId: Invalid value (path)', 'If-Match: Invalid format (header)', 'body: Invalid format (body)'],
  ]);
  const both = await send('PATCH', '/users/0', {}, '{"userId": 1, "firstName": "J"}');
  assert.deepEqual(detailsOf(both), ['userId: Invalid value (path)', 'userId: Is read-only (body)']);
  // A body of another media type is not parsed.
  const text = await send('PATCH', '/users/0', { 'if-match': '1', 'content-type': 'text/plain' }, '{}');
  assert.deepEqual(detailsOf(text), [
    'userId: Invalid value (path)',
    ...['Content-Type: Invalid value (header)', 'If-Match: Invalid format (header)'],
  ]);
});

testOnBothDatabases('details of a token request list the errors of schema and rules, in field order', async (t) => {
  const { post } = await testApp(t);
  const past = '2026-01-01T00:00:00Z';
  const body = { zip: 1, expiresAt: past, userId: 1, plan: 'gold', scopes: ['admin', 'x'], name: ' ', tokenId: 1 };
  const response = await post('/tokens', body);
  assert.deepEqual(detailsOf(response), [
    ...['tokenId: Is read-only (body)', 'name: Invalid format (body)', 'scopes: Invalid value (body)'],
    ...['plan: Invalid value (body)', 'userId: Invalid value (body)', 'expiresAt: Invalid value (body)'],
    'zip: Unknown field (body)',
  ]);
  const missing = await post('/tokens', { name: 'x', plan: 'gold', expiresAt: past });
  assert.equal(missing.json().message, 'The `scopes` field is required.');
  assert.deepEqual(detailsOf(missing), [
    ...['scopes: Is required (body)', 'plan: Invalid value (body)', 'expiresAt: Invalid value (body)'],
  ]);
});

testOnBothDatabases(
  'an error that only the database finds is reported alone, after all other checks pass',
  async (t) => {
    const { post, patch } = await testApp(t);
    await post('/users', JOHN);
    const taken = await post('/users', { ...JOHN, foo: 1 });
    assert.deepEqual(detailsOf(taken), ['foo: Unknown field (body)']);
    assert.deepEqual(detailsOf(await post('/users', JOHN)), ['contactEmail: Already in use (body)']);
    await post('/tasks', REPORT);
    assert.deepEqual(detailsOf(await patch('/tasks/1', { userId: 7, taskTitle: '' })), [
      'taskTitle: String too short (body)',
    ]);
  },
);

/** An invalid value for each field of a new task, in field order, and its reason. */
const WRONG: Record<string, [value: unknown, reason: string]> = {
  taskId: [1, 'Is read-only'],
  userId: [0, 'Value too small'],
  taskTitle: ['\u3000', 'Invalid format'],
  taskDescription: [5, 'Invalid type'],
  taskStatus: ['DONE', 'Invalid value'],
  dueDate: ['2026-02-30T12:00:00Z', 'Invalid format'],
  warningOffset: [64_001, 'Value too large'],
};

testOnBothDatabases(
  'details of a task list every error, one per field, in order, however the body is sent',
  async (t) => {
    const { post } = await testApp(t);
    await post('/users', JOHN);
    const field = fc.oneof(
      fc.constantFrom(...Object.keys(WRONG)),
      fc.string({ unit: 'binary', maxLength: 5 }).filter((name) => !(name in WRONG)),
    );
    const property = fc.asyncProperty(fc.uniqueArray(field, { minLength: 1, maxLength: 12 }), async (names) => {
      const wrong = (name: string): [string, unknown] => [name, name in WRONG ? WRONG[name]?.[0] : null];
      const rest = Object.entries(REPORT).filter(([name]) => !names.includes(name));
      // In random order, including `__proto__`.
      const body = [...names.map(wrong), ...rest].map((entry) => entry.map((part) => JSON.stringify(part)).join(':'));
      const response = await post('/tasks', `{${body}}`);
      const known = Object.keys(WRONG).filter((name) => names.includes(name));
      const unknown = names.filter((name) => !(name in WRONG)).toSorted(compareCodePoints);
      const expected = [
        ...known.map((name) => ({ field: name, reason: WRONG[name]?.[1], location: 'body' })),
        ...unknown.map((name) => ({ field: shown(name), reason: 'Unknown field', location: 'body' })),
      ];
      assert.equal(response.statusCode, 400);
      assert.deepEqual(response.json().details, expected);
      assert.ok(response.json().message.includes(`\`${expected[0]?.field}\``), response.json().message);
    });
    await fc.assert(property, { numRuns: 200, seed: 1 });
  },
);

testOnBothDatabases('a message quotes at most 100 characters of the input, without control characters', async (t) => {
  const { request, post } = await testApp(t);
  const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 150 }).filter((text) => text.isWellFormed());
  const allowed = 'It must be one of NOT_STARTED, IN_PROGRESS, BLOCKED, DEFERRED, COMPLETED, CANCELLED.';
  const property = fc.asyncProperty(value, async (text) => {
    const message = `The \`taskStatus\` value '${shown(text)}' is not valid. ${allowed}`;
    const responses = [
      await request({ url: `/tasks?taskStatus=${encodeURIComponent(text)}` }),
      await post('/tasks', { ...REPORT, taskStatus: text }),
    ];
    for (const response of responses) {
      assert.equal(response.json().message, message);
      assert.doesNotMatch(response.body, /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    }
  });
  await fc.assert(property, { numRuns: 100, seed: 1 });
});

testOnBothDatabases('a body with 64 KiB of unknown fields gets the first 100 in details, quickly', async (t) => {
  const { post } = await testApp(t);
  const names = Array.from({ length: 6_500 }, (_, i) => `f${(i * 6_151) % 6_500}`);
  const body = `{${names.map((name) => `"${name}":0`).join(',')}}`;
  assert.ok(body.length > 60_000 && body.length < 65_536);
  const response = await post('/users', body);
  assert.equal(response.statusCode, 400);
  assert.deepEqual(
    response.json().details.map(({ field }: { field: string }) => field),
    ['firstName', 'lastName', 'contactEmail', ...names.toSorted().slice(0, 97)],
  );
  assert.ok(response.body.length < 20_000, `${response.body.length} bytes`);
});

plainTest('malformed JSON is reported with its position and without its text', () => {
  const secret = 's3cr3t';
  const value = fc.json({ maxDepth: 3 }).map((text) => `{"${secret}": ${text},\n"b": [1, "x"]}`);
  const property = fc.property(
    value,
    fc.nat(),
    fc.constantFrom('\u0001', '@', '}', ']', ':', '"', 'tru'),
    (text, at, bad) => {
      const position = at % (text.length + 1);
      const broken = text.slice(0, position) + bad + text.slice(position);
      try {
        JSON.parse(broken);
        return;
      } catch {
        // JSON.parse rejects it, as expected.
      }
      const error = describeJsonError(broken);
      const [, line, column] = /^it is not valid JSON at line (\d+), column (\d+)$/.exec(error) ?? [];
      assert.ok(line !== undefined && column !== undefined, error);
      const lines = broken.split('\n').slice(0, Number(line));
      const last = lines.pop() as string;
      assert.ok(Number(column) <= last.length + 1, error);
      const before = [...lines, last.slice(0, Number(column) - 1)].join('\n');
      assert.ok(before.startsWith(broken.slice(0, before.length)) && isBegun(before), `${error}: ${before}`);
      assert.ok(!error.includes(secret));
    },
  );
  fc.assert(property, { numRuns: 2_000 });
});

/** Whether a text is a valid prefix of JSON: `JSON.parse` reports only that more is expected. */
function isBegun(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    return message.includes('end of JSON') || message.includes(`at position ${text.length} `);
  }
}

/** A value as a message quotes it. */
function shown(text: string): string {
  return [...text]
    .slice(0, 100)
    .join('')
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function compareCodePoints(a: string, b: string): number {
  const [one, other] = [[...a], [...b]];
  for (const [i, character] of one.entries()) {
    const difference = (character.codePointAt(0) as number) - (other[i]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
