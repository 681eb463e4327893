import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testApp } from '../support/app.ts';
import { assertRejected, type ExpectedError, notAnObject } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

testOnBothDatabases('a created user is returned with its fields in the documented order', async (t) => {
  const { post, request } = await testApp(t);
  const response = await post('/users', JOHN);
  assert.equal(response.statusCode, 201);
  assert.equal(response.body, '{"userId":1,"firstName":"John","lastName":"Doe","contactEmail":"john.doe@example.com"}');
  assert.equal(response.headers.location, '/users/1');
  assert.equal(response.headers['content-type'], 'application/json; charset=utf-8');
  const found = await request({ method: 'GET', url: '/users/1' });
  assert.equal(found.statusCode, 200);
  assert.equal(found.body, response.body);
});

testOnBothDatabases('user ids increase', async (t) => {
  const { post } = await testApp(t);
  for (const userId of [1, 2, 3]) {
    const response = await post('/users', { ...JOHN, contactEmail: `john${userId}@example.com` });
    assert.equal(response.json().userId, userId);
  }
});

testOnBothDatabases('text is returned exactly as sent', async (t) => {
  const { post, request } = await testApp(t);
  const sent = { firstName: '  Zoë \u202e😀\t', lastName: '"\\/\b\u0001\u2028é', contactEmail: 'Zoë@EXAMPLE.com' };
  const response = await post('/users', sent);
  assert.deepEqual(response.json(), { userId: 1, ...sent });
  const found = await request({ method: 'GET', url: '/users/1' });
  assert.deepEqual(found.json(), { userId: 1, ...sent });
});

async function rejected(t: TestContext, payload: unknown, expected: ExpectedError): Promise<void> {
  const { post } = await testApp(t);
  assertRejected(await post('/users', payload), expected);
}

const rejections: [name: string, payload: unknown, ExpectedError][] = [
  [
    'one field missing',
    { firstName: 'John', contactEmail: 'john@example.com' },
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `lastName` field is required.',
      details: [['lastName', 'Is required']],
    },
  ],
  [
    'all fields missing',
    {},
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `firstName` field is required.',
      details: [
        ['firstName', 'Is required'],
        ['lastName', 'Is required'],
        ['contactEmail', 'Is required'],
      ],
    },
  ],
  [
    'every error at once: in field order, then unknown names by code point',
    '{"\\ud83d\\ude00": 1, "\\uffee": 1, "zip": 1, "Zip": 1, "__proto__": {}, "userId": 7, "firstName": "", "contactEmail": 5}',
    {
      code: 'MISSING_REQUIRED_FIELD',
      message: 'The `lastName` field is required.',
      details: [
        ['userId', 'Is read-only'],
        ['firstName', 'String too short'],
        ['lastName', 'Is required'],
        ['contactEmail', 'Invalid type'],
        ['Zip', 'Unknown field'],
        ['__proto__', 'Unknown field'],
        ['zip', 'Unknown field'],
        ['\uffee', 'Unknown field'],
        ['😀', 'Unknown field'],
      ],
    },
  ],
  [
    'empty first name',
    { ...JOHN, firstName: '' },
    {
      message: 'The field `firstName` must be between 1 and 100 characters',
      details: [['firstName', 'String too short']],
    },
  ],
  [
    '101 characters',
    { ...JOHN, lastName: '😀'.repeat(101) },
    {
      message: 'The field `lastName` must be between 1 and 100 characters',
      details: [['lastName', 'String too long']],
    },
  ],
  [
    'an email of two characters: too short, not badly formatted',
    { ...JOHN, contactEmail: 'ab' },
    {
      message: 'The field `contactEmail` must be between 3 and 255 characters',
      details: [['contactEmail', 'String too short']],
    },
  ],
  [
    'an email of 256 characters',
    { ...JOHN, contactEmail: `${'a'.repeat(244)}@example.com` },
    {
      message: 'The field `contactEmail` must be between 3 and 255 characters',
      details: [['contactEmail', 'String too long']],
    },
  ],
  [
    'no email',
    { ...JOHN, contactEmail: 'john.doe' },
    {
      message: 'The field `contactEmail` must be a valid email address',
      details: [['contactEmail', 'Invalid format']],
    },
  ],
  [
    'only white space',
    { ...JOHN, firstName: ' \t\u0085\u00a0\u3000\ufeff' },
    {
      message: 'The field `firstName` contains characters that are not allowed; it must not be blank',
      details: [['firstName', 'Invalid format']],
    },
  ],
  [
    'U+0000',
    { ...JOHN, firstName: 'Jo\u0000hn' },
    {
      message:
        'The field `firstName` contains characters that are not allowed; it must not contain U+0000 or an unpaired surrogate',
      details: [['firstName', 'Invalid format']],
    },
  ],
  [
    'a lone surrogate',
    '{"firstName": "\\ud800", "lastName": "Doe", "contactEmail": "john.doe@example.com"}',
    {
      message:
        'The field `firstName` contains characters that are not allowed; it must not contain U+0000 or an unpaired surrogate',
      details: [['firstName', 'Invalid format']],
    },
  ],
  ...[null, 5, true, [], {}, ['John']].map((value): [string, unknown, ExpectedError] => [
    `${JSON.stringify(value)} in place of a string`,
    { ...JOHN, firstName: value },
    { message: 'The field `firstName` must be a string', details: [['firstName', 'Invalid type']] },
  ]),
  [
    'the id',
    { ...JOHN, userId: 1 },
    { message: 'The field `userId` cannot be set', details: [['userId', 'Is read-only']] },
  ],
  [
    'an unknown field',
    { ...JOHN, foo: 1 },
    { message: 'The field `foo` is not known', details: [['foo', 'Unknown field']] },
  ],
  [
    '`__proto__`',
    '{"firstName": "John", "lastName": "Doe", "contactEmail": "john.doe@example.com", "__proto__": {"admin": true}}',
    { message: 'The field `__proto__` is not known', details: [['__proto__', 'Unknown field']] },
  ],
  [
    '`constructor`',
    { ...JOHN, constructor: { prototype: {} } },
    { message: 'The field `constructor` is not known', details: [['constructor', 'Unknown field']] },
  ],
  [
    'a long unknown name with control characters, which is not repeated as it is',
    { ...JOHN, [`\u001b[31m${'x'.repeat(200)}`]: 1 },
    {
      message: `The field \`\ufffd[31m${'x'.repeat(95)}\` is not known`,
      details: [[`\ufffd[31m${'x'.repeat(95)}`, 'Unknown field']],
    },
  ],
  ['an empty body', '', notAnObject('it is empty')],
  ['text that is not JSON', '{"firstName": "John",}', notAnObject('it is not valid JSON at line 1, column 22')],
  [
    'no JSON, on the third line',
    '{\n  "firstName": "John",\n  lastName: "Doe"\n}',
    notAnObject('it is not valid JSON at line 3, column 3'),
  ],
  ['JSON that ends too early', '{"firstName": "Jo', notAnObject('it is not valid JSON at line 1, column 15')],
  ['JSON that is broken 60,000 deep', '['.repeat(60_000), notAnObject('it is not valid JSON')],
  ['two JSON values', '{} {}', notAnObject('it is not valid JSON at line 1, column 4')],
  ['an array', '[]', notAnObject('it is an array')],
  ['null', 'null', notAnObject('it is null')],
  ['a string', '"John"', notAnObject('it is a string')],
  ['a number', '1e400', notAnObject('it is a number')],
  ['a byte order mark', `\ufeff${JSON.stringify(JOHN)}`, notAnObject('it is not valid JSON at line 1, column 1')],
  ['arrays 32,000 deep', '['.repeat(32_000) + ']'.repeat(32_000), notAnObject('it is an array')],
  [
    'objects 10,000 deep in a field',
    `{"lastName": "Doe", "contactEmail": "a@example.com", "firstName": ${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    { message: 'The field `firstName` must be a string', details: [['firstName', 'Invalid type']] },
  ],
];

for (const [name, payload, expected] of rejections) {
  testOnBothDatabases(`POST /users rejects ${name}`, (t) => rejected(t, payload, expected));
}

testOnBothDatabases('the last of duplicate JSON keys wins', async (t) => {
  const { post } = await testApp(t);
  const response = await post(
    '/users',
    '{"firstName": 1, "firstName": "John", "lastName": "Doe", "contactEmail": "a@example.com"}',
  );
  assert.equal(response.statusCode, 201);
  assert.equal(response.json().firstName, 'John');
});

testOnBothDatabases('lengths count code points, so 100 emoji are 100 characters', async (t) => {
  const { post } = await testApp(t);
  const firstName = '😀'.repeat(100);
  const response = await post('/users', { ...JOHN, firstName });
  assert.equal(response.json().firstName, firstName);
});

testOnBothDatabases('an address of exactly 255 characters is accepted', async (t) => {
  const { post } = await testApp(t);
  const response = await post('/users', { ...JOHN, contactEmail: `${'a'.repeat(243)}@example.com` });
  assert.equal(response.statusCode, 201);
});

testOnBothDatabases('invalid UTF-8 is rejected as malformed JSON', async (t) => {
  const { request } = await testApp(t);
  const payload = Buffer.concat([Buffer.from('{"firstName": "'), Buffer.from([0xff]), Buffer.from('"}')]);
  const response = await request({
    method: 'POST',
    url: '/users',
    headers: { 'content-type': 'application/json' },
    payload,
  });
  assert.equal(response.statusCode, 400);
  assert.equal(response.json().message, 'The request body must be a JSON object; it is not valid UTF-8');
});

for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '%%', undefined]) {
  testOnBothDatabases(`a body with Content-Type ${contentType} is rejected`, async (t) => {
    const { request } = await testApp(t);
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    // With a buffer the client adds no Content-Type.
    const payload = Buffer.from(JSON.stringify(JOHN));
    const response = await request({ method: 'POST', url: '/users', headers, payload });
    assert.equal(response.statusCode, 400);
    assert.deepEqual(response.json(), {
      code: 'INVALID_FIELD',
      message: 'The `Content-Type` header must be application/json',
      details: [{ field: 'Content-Type', reason: 'Invalid value', location: 'header' }],
      requestId: response.headers['x-request-id'],
    });
  });
}

for (const contentType of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;charset=UTF-8']) {
  testOnBothDatabases(`a body with Content-Type ${contentType} is accepted`, async (t) => {
    const { request } = await testApp(t);
    const headers = { 'content-type': contentType };
    const response = await request({ method: 'POST', url: '/users', headers, payload: JSON.stringify(JOHN) });
    assert.equal(response.statusCode, 201);
  });
}

testOnBothDatabases('a POST with neither body nor Content-Type reports the missing body', async (t) => {
  const { request } = await testApp(t);
  const response = await request({ method: 'POST', url: '/users' });
  assert.equal(response.statusCode, 400);
  assert.equal(response.json().message, 'The request body must be a JSON object; it is empty');
});

testOnBothDatabases('a body of 64 KiB is accepted; one more byte gets 413', async (t) => {
  const { post } = await testApp(t);
  const body = (length: number) => JSON.stringify(JOHN).padEnd(length, ' ');
  assert.equal((await post('/users', body(64 * 1024))).statusCode, 201);
  const response = await post('/users', body(64 * 1024 + 1));
  assert.equal(response.statusCode, 413);
  assert.deepEqual(response.json(), {
    code: 'PAYLOAD_TOO_LARGE',
    message: 'The request body is too large',
    requestId: response.headers['x-request-id'],
  });
});

testOnBothDatabases('an address in use is reported alone, after all other checks pass', async (t) => {
  const { post } = await testApp(t);
  await post('/users', JOHN);
  const contactEmail = 'John.Doe@EXAMPLE.com';
  const response = await post('/users', { ...JOHN, contactEmail });
  assert.equal(response.statusCode, 400);
  assert.deepEqual(response.json(), {
    code: 'INVALID_FIELD',
    message: `The \`contactEmail\` value '${contactEmail}' is already in use.`,
    details: [{ field: 'contactEmail', reason: 'Already in use', location: 'body' }],
    requestId: response.headers['x-request-id'],
  });
  const withOther = await post('/users', { ...JOHN, contactEmail, firstName: '' });
  assert.deepEqual(
    withOther.json().details.map(({ field }: { field: string }) => field),
    ['firstName'],
  );
});

testOnBothDatabases('a message quotes at most 100 characters of an address', async (t) => {
  const { post } = await testApp(t);
  const contactEmail = `${'a'.repeat(120)}@example.com`;
  await post('/users', { ...JOHN, contactEmail });
  const response = await post('/users', { ...JOHN, contactEmail });
  assert.equal(response.json().message, `The \`contactEmail\` value '${'a'.repeat(100)}' is already in use.`);
});

testOnBothDatabases(
  '1,000 concurrent creates of one address in mixed case get one 201 and 999 times 400',
  {
    responsesDiffer: 'which address comes first is left to chance',
  },
  async (t) => {
    const { post } = await testApp(t);
    const address = 'john.doe@example.com';
    const mixed = (seed: number) =>
      [...address].map((char, index) => ((seed >> (index % 10)) & 1 ? char.toUpperCase() : char)).join('');
    const responses = await Promise.all(
      Array.from({ length: 1000 }, (_, seed) => post('/users', { ...JOHN, contactEmail: mixed(seed) })),
    );
    const count = (status: number) => responses.filter(({ statusCode }) => statusCode === status).length;
    assert.deepEqual([count(201), count(400)], [1, 999]);
    for (const response of responses.filter(({ statusCode }) => statusCode === 400)) {
      assert.equal(response.json().code, 'INVALID_FIELD');
      assert.equal(response.json().details[0].reason, 'Already in use');
    }
  },
);

testOnBothDatabases('a duplicate in a write batch does not fail the other writes', async (t) => {
  const { post } = await testApp(t);
  await post('/users', JOHN);
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      post('/users', { ...JOHN, contactEmail: i % 2 === 0 ? JOHN.contactEmail : `john${i}@example.com` }),
    ),
  );
  assert.deepEqual(
    responses.map(({ statusCode }) => statusCode),
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 400 : 201)),
  );
  const ids = responses.filter(({ statusCode }) => statusCode === 201).map((response) => response.json().userId);
  assert.equal(new Set(ids).size, 10);
  assert.ok(Math.min(...ids) > 1);
});
