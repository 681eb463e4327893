import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

testOnBothDatabases('GET of a user who does not exist gets 404', async (t) => {
  const { request } = await testApp(t);
  for (const url of ['/users/1', `/users/${Number.MAX_SAFE_INTEGER}`]) {
    const response = await request({ method: 'GET', url });
    assert.equal(response.statusCode, 404);
    assert.deepEqual(response.json(), {
      code: 'RESOURCE_NOT_FOUND',
      message: 'The requested resource could not be found',
      requestId: response.headers['x-request-id'],
    });
  }
});

const digits = '9'.repeat(200);
const badIds: [path: string, quoted: string][] = [
  ['0', '0'],
  ['-1', '-1'],
  ['01', '01'],
  ['1.0', '1.0'],
  ['+1', '+1'],
  ['1e3', '1e3'],
  ['abc', 'abc'],
  ['%20', ' '],
  ['1%00', '1\ufffd'],
  ['%', '%'],
  ['%zz', '%zz'],
  ['%ff', '%ff'],
  ['%2F', '/'],
  ['9007199254740992', '9007199254740992'],
  ['9999999999999999', '9999999999999999'],
  [digits, digits.slice(0, 100)],
  ['9'.repeat(4000), digits.slice(0, 100)],
];

for (const [path, quoted] of badIds) {
  testOnBothDatabases(`the id ${path.slice(0, 20)} is rejected`, async (t) => {
    const { request } = await testApp(t);
    const response = await request({ method: 'GET', url: `/users/${path}` });
    assert.equal(response.statusCode, 400);
    assert.deepEqual(response.json(), {
      code: 'INVALID_FIELD',
      message: `The \`userId\` value '${quoted}' is not valid. It must be an integer between 1 and 9007199254740991.`,
      details: [{ field: 'userId', reason: 'Invalid value', location: 'path' }],
      requestId: response.headers['x-request-id'],
    });
  });
}

testOnBothDatabases('HEAD gets the headers of GET, without the body', async (t) => {
  const { post, request } = await testApp(t);
  await post('/users', { firstName: 'John', lastName: 'Doe', contactEmail: 'john@example.com' });
  const get = await request({ method: 'GET', url: '/users/1' });
  const head = await request({ method: 'HEAD', url: '/users/1' });
  assert.equal(head.statusCode, 200);
  assert.equal(head.body, '');
  assert.equal(head.headers['content-length'], get.headers['content-length']);
  assert.equal((await request({ method: 'HEAD', url: '/users/2' })).statusCode, 404);
});

testOnBothDatabases('GET without a body accepts a Content-Type header', async (t) => {
  const { request } = await testApp(t);
  const response = await request({ method: 'GET', url: '/users/1', headers: { 'content-type': 'application/json' } });
  assert.equal(response.statusCode, 404);
});
