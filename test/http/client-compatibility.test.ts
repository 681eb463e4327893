import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

// Requests that clients written from the API documentation are known to send.

testOnBothDatabases('GET and DELETE without a body accept a Content-Type header', async (t) => {
  const { post, request } = await testApp(t);
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  const headers = { 'content-type': 'application/json' };
  for (const url of ['/users', '/users/1', '/tasks', '/tasks/1']) {
    assert.equal((await request({ url, headers })).statusCode, 200, url);
  }
  for (const url of ['/tasks/1', '/users/1']) {
    assert.equal((await request({ method: 'DELETE', url, headers })).statusCode, 204, url);
  }
});

testOnBothDatabases('If-Match: null is treated as absent', async (t) => {
  const { post, request } = await testApp(t);
  await post('/users', JOHN);
  const headers = { 'content-type': 'application/json', 'if-match': 'null' };
  const patched = await request({ method: 'PATCH', url: '/users/1', headers, payload: '{"lastName":"Roe"}' });
  assert.equal(patched.statusCode, 200);
  assert.equal((await request({ method: 'DELETE', url: '/users/1', headers })).statusCode, 204);
});

testOnBothDatabases('five concurrent POSTs and a repeated PATCH succeed', async (t) => {
  const { post, patch } = await testApp(t);
  await post('/users', JOHN);
  const responses = await Promise.all(Array.from({ length: 5 }, () => post('/tasks', REPORT)));
  assert.deepEqual(responses.map((response) => response.json().taskId).toSorted(), [1, 2, 3, 4, 5]);
  for (let i = 0; i < 2; i++) {
    const { statusCode, headers } = await patch('/tasks/1', { taskStatus: 'COMPLETED' });
    assert.deepEqual([statusCode, headers.etag], [200, '"2"']);
  }
});

// The formats of Python's isoformat() and JavaScript's toISOString().
for (const dueDate of [
  '2026-06-01T12:00:00',
  '2026-06-01T12:00:00.123456',
  '2026-06-01T12:00:00.000Z',
  '2020-01-01T00:00:00Z',
]) {
  testOnBothDatabases(`the due date ${dueDate} is accepted`, async (t) => {
    const { post } = await testApp(t);
    await post('/users', JOHN);
    const response = await post('/tasks', { ...REPORT, dueDate });
    assert.equal(response.statusCode, 201);
    assert.equal(response.json().dueDate, dueDate.endsWith('Z') ? dueDate : `${dueDate}Z`);
  });
}

testOnBothDatabases('a client can request pages until one is short', async (t) => {
  const { post, request } = await testApp(t);
  for (let i = 0; i < 7; i++) await post('/users', { ...JOHN, contactEmail: `john${i}@example.com` });
  const seen: number[] = [];
  for (let page = 0, users = []; page === 0 || users.length === 3; page++) {
    users = (await request({ url: `/users?_page=${page}&_perPage=3` })).json().users;
    seen.push(...users.map(({ userId }: { userId: number }) => userId));
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
});
