import assert from 'node:assert/strict';
import { testApp } from '../../support/app.ts';
import { assertRejected } from '../../support/assert-rejected.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';
import { JOHN, REPORT } from '../../support/examples.ts';

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
  testOnBothDatabases(`PATCH and DELETE of ${url} with If-Match require the current version`, async (t) => {
    const { send, request } = await changedApp(t);
    for (const tag of ['"1"', '"3"', 'W/"2"', '"02"', '"x"', '""', '"2,"', '"1", W/"2"', ' ,"1",, "3" ,']) {
      for (const method of ['PATCH', 'DELETE'] as const) {
        const response = await send(method, url, tag, method === 'PATCH' ? change : undefined);
        assert.equal(response.statusCode, 412, `${method} ${tag}`);
        assert.deepEqual(response.json(), { ...CHANGED, requestId: response.headers['x-request-id'] });
      }
    }
    assert.equal((await request({ url })).headers.etag, '"2"');
    const changed = await send('PATCH', url, '"1", "2"', change);
    assert.deepEqual([changed.statusCode, changed.headers.etag], [200, '"3"']);
    assert.equal((await send('DELETE', url, '"2"')).statusCode, 412);
    assert.equal((await send('DELETE', url, '"3"')).statusCode, 204);
  });

  testOnBothDatabases(
    `If-Match of ${url}: * matches any version, null is absent, and 404 has precedence`,
    async (t) => {
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
    },
  );
}

testOnBothDatabases('an invalid If-Match gets 400, together with other validation errors', async (t) => {
  const { send, request } = await changedApp(t);
  const message = 'The `If-Match` header must be an entity tag in double quotes such as "1", several with commas, or *';
  const detail: [string, string, string] = ['If-Match', 'Invalid format', 'header'];
  for (const tag of [
    '2',
    '1',
    '',
    ' ',
    ',',
    'W/',
    'w/"2"',
    '"2',
    "'2'",
    '"2" "3"',
    '*, "2"',
    '"2", null',
    'NULL',
    '**',
    '"a b"',
  ]) {
    for (const url of ['/users/1', '/tasks/1', '/users/99']) {
      assertRejected(await send('DELETE', url, tag), { message, details: [detail] });
    }
    assertRejected(await send('PATCH', '/users/1', tag, { lastName: 'Dow' }), { message, details: [detail] });
  }
  assertRejected(await send('PATCH', '/tasks/x', '2', { foo: 1, taskTitle: '' }), {
    message: "The `taskId` value 'x' is not valid. It must be an integer between 1 and 9007199254740991.",
    details: [['taskId', 'Invalid value', 'path'], detail, ['taskTitle', 'String too short'], ['foo', 'Unknown field']],
  });
  assert.equal((await request({ url: '/users/1', headers: { 'if-match': '2' } })).statusCode, 200, 'GET ignores it');
});

testOnBothDatabases('an If-Match of 16 KB is parsed quickly', async (t) => {
  const { send } = await changedApp(t);
  for (const tag of [`"1"${' , '.repeat(4_000)}x`, `${'"1" , '.repeat(2_000)}x`, `"${'W/"'.repeat(3_000)}`]) {
    const before = performance.now();
    assert.equal((await send('DELETE', '/users/1', tag)).statusCode, 400);
    assert.ok(performance.now() - before < 500);
  }
});

testOnBothDatabases('412 has precedence over checks in the database', async (t) => {
  const { send, post } = await changedApp(t);
  await post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  assert.equal((await send('PATCH', '/users/1', '"1"', { contactEmail: 'jane@example.com' })).statusCode, 412);
  assert.equal((await send('PATCH', '/tasks/1', '"1"', { userId: 99 })).statusCode, 412);
  assert.equal((await send('PATCH', '/tasks/1', '"2"', { userId: 99 })).statusCode, 400);
});

const raced = { responsesDiffer: 'who is first is chance' };

testOnBothDatabases('200 concurrent read-modify-write loops with If-Match lose no update', raced, async (t) => {
  const { request, patch, post } = await changedApp(t);
  // Of the loops that run on one task, one advances at a time: 200 on one task would take four times the requests.
  const urls = ['/tasks/1', '/tasks/2', '/tasks/3', '/tasks/4'];
  for (const url of urls) {
    if (url !== '/tasks/1') await post('/tasks', REPORT);
    await patch(url, { warningOffset: 0 });
  }
  const addOne = async (url: string) => {
    for (;;) {
      const read = await request({ url });
      const response = await request({
        method: 'PATCH',
        url,
        headers: { 'if-match': String(read.headers.etag) },
        payload: { warningOffset: read.json().warningOffset + 1 },
      });
      if (response.statusCode === 200) return;
      assert.equal(response.statusCode, 412);
    }
  };
  await Promise.all(urls.flatMap((url) => Array.from({ length: 50 }, () => addOne(url))));
  for (const url of urls) assert.equal((await request({ url })).json().warningOffset, 50);
});

testOnBothDatabases('without If-Match the last write wins', raced, async (t) => {
  const { request, patch } = await changedApp(t);
  const responses = await Promise.all([7, 8, 9].map((warningOffset) => patch('/tasks/1', { warningOffset })));
  assert.deepEqual(
    responses.map(({ statusCode }) => statusCode),
    [200, 200, 200],
  );
  const newest = responses.map((response) => response.json().warningOffset);
  const versions = responses.map(({ headers }) => Number(String(headers.etag).slice(1, -1)));
  const last = versions.indexOf(Math.max(...versions));
  assert.deepEqual(versions.toSorted(), [3, 4, 5]);
  assert.equal((await request({ url: '/tasks/1' })).json().warningOffset, newest[last]);
});
