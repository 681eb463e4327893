import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
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
