import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testApp } from '../support/app.ts';
import { assertRejected, type ExpectedError } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

/** An application with two users and a task of the first. */
async function withTask(t: TestContext) {
  const test = await testApp(t);
  await test.post('/users', JOHN);
  await test.post('/users', { ...JOHN, contactEmail: 'jane.doe@example.com' });
  const task = (await test.post('/tasks', { ...REPORT, taskDescription: 'All of it' })).json();
  return { ...test, task };
}

const changes: object[] = [
  { userId: 2 },
  { taskTitle: 'Write it again' },
  { taskDescription: 'Half of it' },
  { taskStatus: 'COMPLETED' },
  { dueDate: '2027-01-01T00:00:00-05:00' },
  { warningOffset: 0 },
  { taskTitle: 'All at once', taskStatus: 'CANCELLED', dueDate: '2027-01-01T00:00:00Z', warningOffset: 5, userId: 2 },
];
for (const change of changes) {
  testOnBothDatabases(`a PATCH with ${Object.keys(change).join(', ')} changes that and nothing else`, async (t) => {
    const { patch, request, task } = await withTask(t);
    const response = await patch('/tasks/1', change);
    assert.equal(response.statusCode, 200, response.body);
    assert.deepEqual(response.json(), { ...task, ...change });
    assert.equal(response.headers.etag, '"2"');
    const found = await request({ url: '/tasks/1' });
    assert.equal(found.body, response.body);
    assert.equal(found.headers.etag, '"2"');
  });
}

testOnBothDatabases('null removes the description only', async (t) => {
  const { patch, task } = await withTask(t);
  const { taskDescription, ...rest } = task;
  assert.deepEqual((await patch('/tasks/1', { taskDescription: null })).json(), rest);
  // It is already removed: nothing changes.
  assert.equal((await patch('/tasks/1', { taskDescription: null })).headers.etag, '"2"');
});

testOnBothDatabases('every status can change to every other', async (t) => {
  const { patch } = await withTask(t);
  const statuses = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'];
  for (const from of statuses) {
    for (const to of statuses) {
      await patch('/tasks/1', { taskStatus: from });
      assert.equal((await patch('/tasks/1', { taskStatus: to })).json().taskStatus, to);
    }
  }
});

testOnBothDatabases('a PATCH without a change keeps the entity tag and updatedAt', async (t) => {
  const { patch, request, task, clock } = await withTask(t);
  clock.now += 1000;
  const since = new Date(clock.now).toISOString();
  for (const same of [
    { taskStatus: 'NOT_STARTED' },
    { ...task, taskId: undefined },
    { dueDate: '2026-06-01T12:00:00' },
  ]) {
    const response = await patch('/tasks/1', same);
    assert.deepEqual(response.json(), task);
    assert.equal(response.headers.etag, '"1"');
  }
  assert.deepEqual((await request({ url: `/tasks?updatedSince=${since}` })).json(), { tasks: [] });
  // The same instant in another zone is a different text, so it is a change.
  assert.equal((await patch('/tasks/1', { dueDate: '2026-06-01T14:00:00+02:00' })).headers.etag, '"2"');
  assert.equal((await request({ url: `/tasks?updatedSince=${since}` })).json().tasks.length, 1);
});

const rejections: [payload: unknown, ExpectedError][] = [
  [{}, { message: 'The request body must contain at least one field', details: [['body', 'Is required']] }],
  [{ taskId: 2 }, { message: 'The field `taskId` cannot be set', details: [['taskId', 'Is read-only']] }],
  [{ foo: 1 }, { message: 'The field `foo` is not known', details: [['foo', 'Unknown field']] }],
  [
    { userId: 3 },
    { message: "The `userId` value '3' does not refer to an existing user.", details: [['userId', 'Does not exist']] },
  ],
  [
    { dueDate: null, taskTitle: ' ' },
    {
      message: 'The field `taskTitle` contains characters that are not allowed; it must not be blank',
      details: [
        ['taskTitle', 'Invalid format'],
        ['dueDate', 'Invalid type'],
      ],
    },
  ],
];
for (const [payload, expected] of rejections) {
  testOnBothDatabases(`a PATCH with ${JSON.stringify(payload)} is rejected and changes nothing`, async (t) => {
    const { patch, request, task } = await withTask(t);
    assertRejected(await patch('/tasks/1', payload), expected);
    assert.deepEqual((await request({ url: '/tasks/1' })).json(), task);
  });
}

testOnBothDatabases('a PATCH with the whole task is accepted; one with the id alone is empty', async (t) => {
  const { patch, request, task } = await withTask(t);
  const same = await patch('/tasks/1', task);
  assert.deepEqual([same.statusCode, same.json()], [200, task]);
  const changed = await patch('/tasks/1', { ...task, taskStatus: 'BLOCKED' });
  assert.deepEqual([changed.statusCode, changed.json()], [200, { ...task, taskStatus: 'BLOCKED' }]);
  assertRejected(await patch('/tasks/1', { taskId: 1 }), {
    message: 'The request body must contain at least one field',
    details: [['body', 'Is required']],
  });
  assert.deepEqual((await request({ url: '/tasks/1' })).json(), changed.json());
});

testOnBothDatabases('a task that does not exist gets 404, after the body is valid', async (t) => {
  const { patch, request } = await withTask(t);
  assert.equal((await patch('/tasks/2', { warningOffset: 5 })).statusCode, 404);
  assert.equal((await patch('/tasks/2', { userId: 3 })).statusCode, 404);
  assert.equal((await patch('/tasks/2', {})).statusCode, 400);
  for (const method of ['GET', 'DELETE'] as const) {
    const response = await request({ method, url: '/tasks/2' });
    assert.equal(response.statusCode, 404);
    assert.equal(response.json().code, 'RESOURCE_NOT_FOUND');
  }
});

testOnBothDatabases('a deleted task is gone, and its id is not reused', async (t) => {
  const { post, request } = await withTask(t);
  const response = await request({ method: 'DELETE', url: '/tasks/1' });
  assert.equal(response.statusCode, 204);
  assert.equal(response.body, '');
  assert.equal((await request({ method: 'DELETE', url: '/tasks/1' })).statusCode, 404);
  assert.deepEqual((await request({ url: '/tasks' })).json(), { tasks: [] });
  assert.equal((await post('/tasks', REPORT)).json().taskId, 2);
});
