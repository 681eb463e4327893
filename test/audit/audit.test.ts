import assert from 'node:assert/strict';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

interface Entry {
  sequence: number;
  timestamp: string;
  type: string;
  actor: string;
  taskId?: number;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** All entries without `sequence`, except those of the test's own token. */
async function audit({ request }: TestApp, query = ''): Promise<Omit<Entry, 'sequence'>[]> {
  const response = await request({ url: `/audit?_perPage=100${query}` });
  assert.equal(response.statusCode, 200, response.body);
  const entries = response.json().audit as Entry[];
  const numbers = entries.map(({ sequence }) => sequence);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  return entries.filter(({ type }) => type !== 'token.created').map(({ sequence, ...entry }) => entry);
}

testOnBothDatabases('the audit records each change: actor, type, time, and fields before and after', async (t) => {
  const tested = await testApp(t);
  const { post, patch, request, clock } = tested;
  const created = new Date(clock.now).toISOString();
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  clock.now += 1000;
  const later = new Date(clock.now).toISOString();
  await patch('/users/1', { firstName: 'Jim', lastName: JOHN.lastName });
  await patch('/tasks/1', { taskDescription: 'Soon', taskStatus: 'COMPLETED' });
  await patch('/tasks/1', { taskDescription: null });
  const task = { taskId: 1, ...REPORT, taskStatus: 'NOT_STARTED' };
  const done = { ...task, taskStatus: 'COMPLETED' };
  await request({ method: 'DELETE', url: '/tasks/1' });
  assert.deepEqual(await audit(tested), [
    { timestamp: created, type: 'user.created', actor: '1', userId: 1, after: { userId: 1, ...JOHN } },
    { timestamp: created, type: 'task.created', actor: '1', userId: 1, taskId: 1, after: task },
    {
      ...{ timestamp: later, type: 'user.updated', actor: '1', userId: 1 },
      ...{ before: { firstName: 'John' }, after: { firstName: 'Jim' } },
    },
    {
      ...{ timestamp: later, type: 'task.completed', actor: '1', userId: 1, taskId: 1 },
      before: { taskDescription: null, taskStatus: 'NOT_STARTED' },
      after: { taskDescription: 'Soon', taskStatus: 'COMPLETED' },
    },
    {
      ...{ timestamp: later, type: 'task.updated', actor: '1', userId: 1, taskId: 1 },
      ...{ before: { taskDescription: 'Soon' }, after: { taskDescription: null } },
    },
    { timestamp: later, type: 'task.deleted', actor: '1', userId: 1, taskId: 1, before: done },
  ]);
});

testOnBothDatabases('rejected requests and those without a change are not recorded', async (t) => {
  const tested = await testApp(t);
  const { post, patch, request } = tested;
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  const before = await audit(tested);
  await post('/users', JOHN);
  await post('/tasks', { ...REPORT, userId: 9 });
  await patch('/users/1', { firstName: JOHN.firstName });
  await patch('/tasks/1', { userId: 9 });
  await request({ method: 'PATCH', url: '/tasks/1', headers: { 'if-match': '"9"' }, payload: { warningOffset: 1 } });
  await request({ method: 'DELETE', url: '/tasks/9' });
  await request({ method: 'DELETE', url: '/users/1', headers: { 'if-match': '"9"' } });
  assert.deepEqual(await audit(tested), before);
});

testOnBothDatabases('deleting a user removes the user’s data from the audit, and nothing else', async (t) => {
  const tested = await testApp(t);
  const { post, patch, request } = tested;
  await post('/users', JOHN);
  await post('/users', { firstName: 'Jane', lastName: 'Roe', contactEmail: 'jane@example.com' });
  await post('/tasks', { ...REPORT, taskTitle: 'Secret of John' });
  await post('/tasks', { ...REPORT, userId: 2, taskTitle: 'Jane’s own' });
  await post('/tasks', { ...REPORT, taskTitle: 'First John’s' });
  // Reassigned, with a new title instead of John's.
  await patch('/tasks/3', { userId: 2, taskTitle: 'Then Jane’s' });
  await post('/tokens', { name: 'Phone of John', scopes: ['users:read'], userId: 1 });
  await patch('/users/1', { firstName: 'Johnny' });
  await request({ method: 'DELETE', url: '/users/1' });

  const entries = JSON.stringify((await request({ url: '/audit?_perPage=100' })).json());
  for (const secret of ['John', 'Doe', 'john.doe', 'Secret', 'Phone']) assert.ok(!entries.includes(secret), secret);
  for (const kept of ['Jane', 'Roe', 'jane@example.com', 'Jane’s own', 'Then Jane’s'])
    assert.ok(entries.includes(kept));
  const [deleted] = (await request({ url: '/audit?_sort=-sequence&_perPage=1' })).json().audit;
  assert.deepEqual([deleted.type, deleted.userId, deleted.before], ['user.deleted', 1, undefined]);
  // The history of Jane's task keeps the entries of John's time, without their values.
  const { history } = (await request({ url: '/tasks/3/history' })).json();
  assert.deepEqual(
    history.map(({ type, before, after }: Entry) => [type, before, after]),
    [
      ['task.created', undefined, undefined],
      ['task.updated', undefined, { userId: 2, taskTitle: 'Then Jane’s', ...REPORT_AFTER }],
    ],
  );
});

/** The fields in `after` of an entry whose `before` is erased. */
const REPORT_AFTER = {
  taskId: 3,
  taskStatus: 'NOT_STARTED',
  dueDate: REPORT.dueDate,
  warningOffset: REPORT.warningOffset,
};

testOnBothDatabases('a task has a history, even after deletion; a task that never existed gets 404', async (t) => {
  const { post, patch, request } = await testApp(t);
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  await post('/tasks', REPORT);
  await patch('/tasks/1', { taskStatus: 'BLOCKED' });
  await request({ method: 'DELETE', url: '/tasks/1' });
  const types = async (url: string) => {
    const response = await request({ url });
    assert.equal(response.statusCode, 200);
    return response.json().history.map(({ type }: Entry) => type);
  };
  assert.deepEqual(await types('/tasks/1/history'), ['task.created', 'task.updated', 'task.deleted']);
  assert.deepEqual(await types('/tasks/1/history?_sort=-sequence&_perPage=1'), ['task.deleted']);
  assert.deepEqual(await types('/tasks/1/history?_page=9'), []);
  assert.deepEqual(await types('/tasks/2/history'), ['task.created']);
  assert.equal((await request({ url: '/tasks/9/history' })).statusCode, 404);
  assert.equal((await request({ url: '/tasks/abc/history' })).statusCode, 400);
  assert.equal((await request({ url: '/tasks/1/history?userId=1' })).statusCode, 400);
});

testOnBothDatabases('the audit has the paging, filters and counts of other lists', async (t) => {
  const tested = await testApp(t);
  const { post, request } = tested;
  await post('/users', JOHN);
  await post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  for (let i = 0; i < 5; i++) await post('/tasks', { ...REPORT, userId: 1 + (i % 2) });
  assert.deepEqual(
    (await audit(tested, '&userId=2')).map(({ type }) => type),
    ['user.created', 'task.created', 'task.created'],
  );
  assert.equal((await audit(tested, '&userId=2&taskId=2')).length, 1);
  assert.equal((await audit(tested, '&userId=1&taskId=2')).length, 0);
  const seen: number[] = [];
  for (let url = '/audit?_perPage=3&_sort=-sequence'; url !== ''; ) {
    const response = await request({ url, headers: { prefer: 'count=exact' } });
    assert.equal(response.headers['x-total-count'], '8');
    seen.push(...response.json().audit.map(({ sequence }: Entry) => sequence));
    url = /<([^>]*)>; rel="next"/.exec(String(response.headers.link))?.[1] ?? '';
  }
  assert.equal(seen.length, 8);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => b - a),
  );
  for (const query of ['updatedSince=2026-01-01T00:00:00Z', '_sort=type', 'taskId=0']) {
    assert.equal((await request({ url: `/audit?${query}` })).statusCode, 400, query);
  }
});

testOnBothDatabases('the audit of an issued token has the response’s fields except the secret', async (t) => {
  const { post, request } = await testApp(t);
  await post('/users', JOHN);
  const service = { name: 'Web shop', scopes: ['users:read'], plan: 'basic' };
  for (const wanted of [service, { ...service, userId: 1, expiresAt: '2027-01-01T00:00:00Z' }]) {
    const { token, ...shown } = (await post('/tokens', wanted)).json();
    const [entry] = (await request({ url: '/audit?_sort=-sequence&_perPage=1' })).json().audit;
    assert.deepEqual(entry.after, shown);
  }
});

testOnBothDatabases('the audit filters by type, actor and time, in any combination', async (t) => {
  const tested = await testApp(t);
  const { post, patch, request, clock, token } = tested;
  const other = await token();
  await post('/users', JOHN);
  for (let hour = 0; hour < 4; hour++) {
    await post('/tasks', REPORT, hour % 2 === 0 ? other : undefined);
    await patch(`/tasks/${hour + 1}`, { taskStatus: 'BLOCKED' });
    clock.now += 3_600_000;
  }
  await patch('/tasks/1', { taskStatus: 'COMPLETED' }, other);
  /** The types, without their resource, and tasks of the entries. */
  const found = async (query: string) =>
    (await audit(tested, query)).map(({ type, taskId }) => `${type.slice('task.'.length)} ${taskId}`);
  const [otherId, ownId] = (await request({ url: '/audit?type=task.created' })).json().audit.map((e: Entry) => e.actor);

  assert.deepEqual(await found('&type=task.completed'), ['completed 1']);
  assert.deepEqual(await found('&type=task.completed,task.created&taskId=1'), ['created 1', 'completed 1']);
  assert.deepEqual(await found(`&actor=${otherId}`), ['created 1', 'created 3', 'completed 1']);
  assert.deepEqual(await found(`&actor=${ownId}&type=task.created`), ['created 2', 'created 4']);
  assert.deepEqual(await found(`&actor=${ownId}0`), []);
  // The start of a period belongs to it, the end does not; an offset and a missing one mean the same instant.
  assert.deepEqual(await found('&changedAfter=2026-03-01T15:00:00Z'), ['created 4', 'updated 4', 'completed 1']);
  assert.deepEqual(await found('&changedAfter=2026-03-01T15:00:00.001Z'), ['completed 1']);
  assert.deepEqual(await found('&changedBefore=2026-03-01T12:00&type=task.created'), []);
  assert.deepEqual(await found('&changedBefore=2026-03-01T13:00:00.001%2B01:00&type=task.created'), ['created 1']);
  const period = '&changedAfter=2026-03-01T13:00Z&changedBefore=2026-03-01T15:00Z';
  assert.deepEqual(await found(`${period}&userId=1`), ['created 2', 'updated 2', 'created 3', 'updated 3']);
  assert.deepEqual(await found(`${period}&actor=${otherId}&type=task.created&userId=1&taskId=3`), ['created 3']);
  assert.deepEqual(await found(`${period}&_sort=-sequence&taskId=1`), []);

  const seen: (number | undefined)[] = [];
  for (let url = `/audit?_perPage=1&_sort=-sequence&type=task.updated,task.created${period}`; url !== ''; ) {
    const response = await request({ url, headers: { prefer: 'count=exact' } });
    assert.equal(response.headers['x-total-count'], '4');
    seen.push(...response.json().audit.map(({ taskId }: Entry) => taskId));
    url = /<([^>]*)>; rel="next"/.exec(String(response.headers.link))?.[1] ?? '';
  }
  assert.deepEqual(seen, [3, 3, 2, 2]);
});

testOnBothDatabases('the audit rejects invalid filters, and a cursor of other filters', async (t) => {
  const { post, request } = await testApp(t);
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  const first = await request({ url: '/audit?_perPage=1&changedAfter=2026-03-01T00:00:00Z' });
  const cursor = /_cursor=([^>&]*)/.exec(String(first.headers.link))?.[1];
  assert.notEqual(cursor, undefined);
  for (const [query, field] of [
    ['type=task.deleted,task.renamed', 'type'],
    ['type=task', 'type'],
    ['type=', 'type'],
    ['type=task.deleted,task.deleted', 'type'],
    ['actor=', 'actor'],
    [`actor=${'1'.repeat(201)}`, 'actor'],
    ['actor=a%00', 'actor'],
    ['changedAfter=2026-03-01', 'changedAfter'],
    ['changedBefore=2026-02-30T00:00:00Z', 'changedBefore'],
    ['changedBefore=2026-03-01T00:00:00Z&changedBefore=2026-03-01T00:00:00Z', 'changedBefore'],
    [`_cursor=${cursor}&changedAfter=2026-03-01T00:00:01Z`, '_cursor'],
    [`_cursor=${cursor}&changedAfter=2026-03-01T00:00:00Z&type=user.created`, '_cursor'],
  ]) {
    const response = await request({ url: `/audit?${query}` });
    const fields = response.json().details?.map((detail: { field: string }) => detail.field);
    assert.deepEqual([response.statusCode, fields], [400, [field]], String(query));
  }
  assert.equal((await request({ url: '/tasks/1/history?type=task.created' })).statusCode, 400);
});
