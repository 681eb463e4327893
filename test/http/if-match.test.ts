import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { test } from '../support/both-stores.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const CHANGED = {
  code: 'PRECONDITION_FAILED',
  message: 'The resource has changed since it was read',
};

/** An application with a user and a task, each at version 2. */
async function changedApp(...args: Parameters<typeof testApp>) {
  const tested = await testApp(...args);
  await tested.post('/users', JOHN);
  await tested.post('/tasks', REPORT);
  await tested.patch('/users/1', { firstName: 'Jim' });
  await tested.patch('/tasks/1', { warningOffset: 1 });
  const send = (method: 'PATCH' | 'DELETE', url: string, tag: string, payload?: object) =>
    tested.request({ method, url, headers: { 'if-match': tag }, ...(payload && { payload }) });
  return { ...tested, send };
}

for (const [url, change] of [
  ['/users/1', { lastName: 'Dow' }],
  ['/tasks/1', { taskTitle: 'Read the report' }],
] as const) {
  test(`PATCH and DELETE of ${url} only while it is as it was read`, async (t) => {
    const { send, request } = await changedApp(t);
    for (const tag of ['"1"', '"3"', 'W/"2"', '"02"', '"x"', '2', '', '"1", W/"2"']) {
      for (const method of ['PATCH', 'DELETE'] as const) {
        const answer = await send(method, url, tag, method === 'PATCH' ? change : undefined);
        assert.equal(answer.statusCode, 412, `${method} ${tag}`);
        assert.deepEqual(answer.json(), { ...CHANGED, requestId: answer.headers['x-request-id'] });
      }
    }
    assert.equal((await request({ url })).headers.etag, '"2"');
    const changed = await send('PATCH', url, '"1", "2"', change);
    assert.deepEqual([changed.statusCode, changed.headers.etag], [200, '"3"']);
    assert.equal((await send('DELETE', url, '"2"')).statusCode, 412);
    assert.equal((await send('DELETE', url, '"3"')).statusCode, 204);
  });

  test(`If-Match of ${url}: * matches what exists, null is absent, and 404 comes first`, async (t) => {
    const { send } = await changedApp(t);
    assert.equal((await send('PATCH', url, '*', change)).statusCode, 200);
    assert.equal((await send('PATCH', url, 'null', change)).statusCode, 200);
    const missing = url.replace('/1', '/99');
    for (const tag of ['*', '"1"', 'null']) {
      assert.equal((await send('PATCH', missing, tag, change)).statusCode, 404);
      assert.equal((await send('DELETE', missing, tag)).statusCode, 404);
    }
    assert.equal((await send('PATCH', url, '"99"', {})).statusCode, 400, '400 comes before 412');
    assert.equal((await send('DELETE', url, '*')).statusCode, 204);
  });
}

test('412 comes before what only the database knows', async (t) => {
  const { send, post } = await changedApp(t);
  await post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  assert.equal((await send('PATCH', '/users/1', '"1"', { contactEmail: 'jane@example.com' })).statusCode, 412);
  assert.equal((await send('PATCH', '/tasks/1', '"1"', { userId: 99 })).statusCode, 412);
  assert.equal((await send('PATCH', '/tasks/1', '"2"', { userId: 99 })).statusCode, 400);
});

const raced = { answersDiffer: 'who is first is chance' };

test('200 concurrent read-modify-write loops with If-Match lose no update', raced, async (t) => {
  const { request, patch } = await changedApp(t);
  await patch('/tasks/1', { warningOffset: 0 });
  const addOne = async () => {
    for (;;) {
      const read = await request({ url: '/tasks/1' });
      const answer = await request({
        method: 'PATCH',
        url: '/tasks/1',
        headers: { 'if-match': String(read.headers.etag) },
        payload: { warningOffset: read.json().warningOffset + 1 },
      });
      if (answer.statusCode === 200) return;
      assert.equal(answer.statusCode, 412);
    }
  };
  await Promise.all(Array.from({ length: 200 }, addOne));
  assert.equal((await request({ url: '/tasks/1' })).json().warningOffset, 200);
});

test('without If-Match the last write wins', raced, async (t) => {
  const { request, patch } = await changedApp(t);
  const answers = await Promise.all([7, 8, 9].map((warningOffset) => patch('/tasks/1', { warningOffset })));
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200],
  );
  const newest = answers.map((answer) => answer.json().warningOffset);
  const versions = answers.map(({ headers }) => Number(String(headers.etag).slice(1, -1)));
  const last = versions.indexOf(Math.max(...versions));
  assert.deepEqual(versions.toSorted(), [3, 4, 5]);
  assert.equal((await request({ url: '/tasks/1' })).json().warningOffset, newest[last]);
});
