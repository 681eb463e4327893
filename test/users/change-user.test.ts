import assert from 'node:assert/strict';
import { allTokens } from '../../src/tokens/all-tokens.ts';
import { testApp } from '../support/app.ts';
import { assertRejected } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const JANE = { firstName: 'Jane', lastName: 'Roe', contactEmail: 'jane.roe@example.com' };

for (const change of [{ firstName: 'Johnny' }, { lastName: 'Roe' }, { contactEmail: 'johnny@example.com' }, JANE]) {
  testOnBothDatabases(`a PATCH with ${Object.keys(change).join(', ')} changes that and nothing else`, async (t) => {
    const { post, patch, request } = await testApp(t);
    await post('/users', JOHN);
    const response = await patch('/users/1', change);
    assert.equal(response.statusCode, 200, response.body);
    assert.equal(response.body, JSON.stringify({ userId: 1, ...JOHN, ...change }));
    assert.equal(response.headers.etag, '"2"');
    const found = await request({ url: '/users/1' });
    assert.equal(found.body, response.body);
    assert.equal(found.headers.etag, '"2"');
  });
}

testOnBothDatabases('an address of another user is rejected; the user’s own is accepted in any case', async (t) => {
  const { post, patch } = await testApp(t);
  await post('/users', JOHN);
  await post('/users', JANE);
  assertRejected(await patch('/users/2', { firstName: 'X', contactEmail: 'JOHN.DOE@example.com' }), {
    message: "The `contactEmail` value 'JOHN.DOE@example.com' is already in use.",
    details: [['contactEmail', 'Already in use']],
  });
  const same = await patch('/users/2', { contactEmail: JANE.contactEmail });
  assert.deepEqual([same.statusCode, same.headers.etag], [200, '"1"']);
  const shouted = await patch('/users/2', { contactEmail: 'JANE.ROE@example.com' });
  assert.deepEqual(shouted.json(), { userId: 2, ...JANE, contactEmail: 'JANE.ROE@example.com' });
  // The old address is free, and the new one is in use.
  await patch('/users/2', { contactEmail: 'other@example.com' });
  assert.equal((await post('/users', JANE)).statusCode, 201);
  assert.equal((await post('/users', { ...JANE, contactEmail: 'Other@Example.com' })).statusCode, 400);
});

testOnBothDatabases('a PATCH without a change keeps the entity tag and updatedAt', async (t) => {
  const { post, patch, request, clock } = await testApp(t);
  await post('/users', JOHN);
  clock.now += 1000;
  const since = new Date(clock.now).toISOString();
  const response = await patch('/users/1', JOHN);
  assert.deepEqual([response.json(), response.headers.etag], [{ userId: 1, ...JOHN }, '"1"']);
  assert.deepEqual((await request({ url: `/users?updatedSince=${since}` })).json(), { users: [] });
  await patch('/users/1', { lastName: 'Roe' });
  assert.equal((await request({ url: `/users?updatedSince=${since}` })).json().users.length, 1);
});

testOnBothDatabases('an invalid PATCH is rejected; an unknown user gets 404', async (t) => {
  const { post, patch } = await testApp(t);
  assert.equal((await patch('/users/1', { firstName: 'X' })).statusCode, 404);
  await post('/users', JOHN);
  assertRejected(await patch('/users/1', {}), {
    message: 'The request body must contain at least one field',
    details: [['body', 'Is required']],
  });
  assertRejected(await patch('/users/1', '[]'), {
    message: 'The request body must be a JSON object; it is an array',
    details: [['body', 'Invalid format']],
  });
  assertRejected(await patch('/users/1', { userId: 2, firstName: null, nickname: 'J' }), {
    message: 'The field `userId` cannot be set',
    details: [
      ['userId', 'Is read-only'],
      ['firstName', 'Invalid type'],
      ['nickname', 'Unknown field'],
    ],
  });
});

testOnBothDatabases('a PATCH with the whole user changes the fields that differ', async (t) => {
  const { post, patch, request } = await testApp(t);
  await post('/users', JOHN);
  const read = (await request({ url: '/users/1' })).json();
  const same = await patch('/users/1', read);
  assert.deepEqual([same.statusCode, same.json(), same.headers.etag], [200, read, '"1"']);
  const changed = await patch('/users/1', { ...read, lastName: 'Roe' });
  assert.deepEqual([changed.statusCode, changed.json()], [200, { ...read, lastName: 'Roe' }]);
  assert.equal((await patch('/users/1', '{"userId": 1.0, "lastName": "Doe"}')).statusCode, 200, '1.0 is the integer 1');
});

testOnBothDatabases('a PATCH rejects another id as read-only, and a body with the id alone as empty', async (t) => {
  const { post, patch } = await testApp(t);
  await post('/users', JOHN);
  for (const userId of [2, '1', null, [1], 0, true, 1.5]) {
    assertRejected(await patch('/users/1', { userId, lastName: 'Roe' }), {
      message: 'The field `userId` cannot be set',
      details: [['userId', 'Is read-only']],
    });
  }
  assertRejected(await patch('/users/1', { userId: 1 }), {
    message: 'The request body must contain at least one field',
    details: [['body', 'Is required']],
  });
  assert.equal((await patch('/users/2', { userId: 2, lastName: 'Roe' })).statusCode, 404);
  assertRejected(await post('/users', { userId: 2, ...JOHN, contactEmail: 'j@example.com' }), {
    message: 'The field `userId` cannot be set',
    details: [['userId', 'Is read-only']],
  });
});

// Up to 16 tasks are deleted with the user. With more, the user is soft-deleted and the tasks are purged later.
for (const count of [0, 3, 40]) {
  testOnBothDatabases(
    `a deleted user disappears at once, with ${count} tasks and the tokens; the address is free`,
    async (t) => {
      const { app, post, request, patch, token, store } = await testApp(t);
      await post('/users', JANE);
      await post('/users', JOHN);
      const kept = (await post('/tasks', REPORT)).json();
      for (let i = 0; i < count; i++) await post('/tasks', { ...REPORT, userId: 2 });
      const bound = await token({ scopes: ['users:read'], userId: 2 });
      assert.equal((await request({ url: '/users/2', token: bound })).statusCode, 200);

      const response = await request({ method: 'DELETE', url: '/users/2' });
      assert.deepEqual([response.statusCode, response.body], [204, '']);
      const headers = { authorization: `Bearer ${bound}` };
      assert.equal((await app.inject({ url: '/users/2', headers })).statusCode, 401);
      for (const method of ['GET', 'DELETE'] as const) {
        assert.equal((await request({ method, url: '/users/2' })).statusCode, 404);
        for (let i = 0; i < count; i++)
          assert.equal((await request({ method, url: `/tasks/${i + 2}` })).statusCode, 404);
      }
      assert.equal((await patch('/users/2', { firstName: 'X' })).statusCode, 404);
      assert.equal((await patch('/tasks/2', { warningOffset: 1 })).statusCode, 404);
      assert.equal((await patch('/tasks/1', { userId: 2 })).statusCode, 400);
      assert.equal((await post('/tasks', { ...REPORT, userId: 2 })).statusCode, 400);
      assert.deepEqual((await request({ url: '/users' })).json().users.length, 1);
      for (const query of ['', '?userId=2', '?_sort=-dueDate', '?updatedSince=2026-01-01T00:00:00Z']) {
        const tasks = query === '?userId=2' ? [] : [kept];
        const list = await request({ url: `/tasks${query}`, headers: { prefer: 'count=exact' } });
        assert.deepEqual([list.json(), list.headers['x-total-count']], [{ tasks }, String(tasks.length)], query);
      }
      assert.deepEqual(
        (await Array.fromAsync(allTokens(store))).filter(({ userId }) => userId !== null),
        [],
      );
      assert.equal((await post('/users', JOHN)).json().userId, 3);
    },
  );
}
