import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { connectMcp, type McpSession } from '../support/mcp.ts';

interface Row {
  taskId: number;
  taskTitle: string;
  taskStatus: string;
  dueDate: string;
}

const ADA = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' };
const GRACE = { firstName: 'Grace', lastName: 'Hopper', contactEmail: 'grace@example.com' };
const due = (taskTitle: string, dueDate: string, userId = 1) => ({ userId, taskTitle, dueDate, warningOffset: 0 });

/** A session of an administrator, on an application whose clock shows 2026-03-01T12:00:00Z, a Sunday. */
async function startSession(t: TestContext): Promise<McpSession> {
  const { app, token } = await testApp(t);
  return connectMcp(t, { app, token: await token() });
}

testOnBothDatabases('an agent moves everything of Ada that is overdue to next Monday', async (t) => {
  const { result } = await startSession(t);
  await result('create_users', { users: [ADA, GRACE] });
  await result('create_tasks', {
    tasks: [
      due('Call the bank', '2026-02-20T09:00:00Z'),
      due('Write the notes', '2026-02-27T09:00:00Z'),
      { ...due('Pay the invoice', '2026-02-20T09:00:00Z'), taskStatus: 'COMPLETED' },
      due('Build the engine', '2026-03-20T09:00:00Z'),
      due('Find the bug', '2026-02-20T09:00:00Z', 2),
    ],
  });

  const { users } = await result<{ users: { userId: number }[] }>('find_users', { search: 'ada' });
  const userId = users[0]?.userId;
  const { tasks } = await result<{ tasks: Row[] }>('find_tasks', { userId, overdue: true });
  assert.deepEqual(
    tasks.map(({ taskTitle }) => taskTitle),
    ['Call the bank', 'Write the notes'],
  );
  const moved = tasks.map(({ taskId }) => ({ taskId, dueDate: '2026-03-02T09:00:00Z' }));
  await result('update_tasks', { tasks: moved });

  assert.deepEqual(await result('find_tasks', { userId, overdue: true }), { tasks: [] });
  const week = await result<{ tasks: Row[] }>('find_tasks', {
    dueAfter: '2026-03-02T00:00Z',
    dueBefore: '2026-03-03T00:00Z',
  });
  assert.deepEqual(
    week.tasks.map(({ taskId, dueDate }) => [taskId, dueDate]),
    [
      [1, '2026-03-02T09:00:00Z'],
      [2, '2026-03-02T09:00:00Z'],
    ],
  );
  const { changes } = await result<{ changes: { type: string; taskId: number }[] }>('recent_changes', { limit: 2 });
  assert.deepEqual(
    changes.map(({ type, taskId }) => [type, taskId]),
    [
      ['task.updated', 1],
      ['task.updated', 2],
    ],
  );
});

testOnBothDatabases('a creation with the same requestId happens once', async (t) => {
  const { result, failure } = await startSession(t);
  await result('create_users', { users: [ADA], requestId: 'first' });
  assert.deepEqual(await result('create_users', { users: [ADA], requestId: 'first' }), {
    users: [{ userId: 1, ...ADA }],
  });
  const tasks = [due('Call the bank', '2026-04-01T09:00:00Z')];
  const once = await result<{ tasks: Row[] }>('create_tasks', { tasks, requestId: 'second' });
  assert.deepEqual(await result('create_tasks', { tasks, requestId: 'second' }), once);
  assert.deepEqual((await result<{ tasks: Row[] }>('find_tasks')).tasks.length, 1);

  const other = [due('Call the school', '2026-04-01T09:00:00Z')];
  assert.match(await failure('create_tasks', { tasks: other, requestId: 'second' }), /used for a different request/);
  assert.match(
    await failure('create_tasks', { tasks, requestId: 'é' }),
    /^The `requestId` must be 1 to 255 visible ASCII/,
  );
});

testOnBothDatabases('an update with an old version is rejected', async (t) => {
  const { result, failure } = await startSession(t);
  await result('create_users', { users: [ADA] });
  await result('create_tasks', { tasks: [due('Call the bank', '2026-04-01T09:00:00Z')] });
  const { version } = await result<{ version: number }>('get_task', { taskId: 1 });
  const update = (taskStatus: string) => ({ tasks: [{ taskId: 1, version, taskStatus }] });
  await result('update_tasks', update('IN_PROGRESS'));
  const text = await failure('update_tasks', update('COMPLETED'));
  assert.equal(text, 'The resource has changed since it was read: `tasks[0]`');
  const { task, version: newer } = await result<{ task: Row; version: number }>('get_task', { taskId: 1 });
  assert.deepEqual([task.taskStatus, newer], ['IN_PROGRESS', 2]);
});

testOnBothDatabases('find_tasks and find_users return pages with a cursor', async (t) => {
  const { result, failure } = await startSession(t);
  await result('create_users', { users: [ADA, GRACE] });
  const dates = ['2026-04-03', '2026-04-01', '2026-04-02'].map((day) => `${day}T00:00:00Z`);
  await result('create_tasks', { tasks: dates.map((date) => due(date, date)) });
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await result<{ tasks: Row[]; nextCursor?: string }>('find_tasks', { userId: 1, limit: 2, cursor });
    found.push(...page.tasks.map(({ dueDate }) => dueDate));
    cursor = page.nextCursor;
    if (cursor !== undefined) {
      assert.match(await failure('find_tasks', { userId: 2, cursor }), /^The `cursor` value .* is not valid/);
    }
  } while (cursor !== undefined);
  assert.deepEqual(found, dates.sort());
  const users = await result<{ users: object[]; nextCursor?: string }>('find_users', { limit: 1 });
  const rest = await result<{ users: object[] }>('find_users', { limit: 1, cursor: users.nextCursor });
  assert.deepEqual(
    [...users.users, ...rest.users],
    [
      { userId: 1, ...ADA },
      { userId: 2, ...GRACE },
    ],
  );
  assert.deepEqual(await result('find_users', { contactEmail: ADA.contactEmail }), { users: [{ userId: 1, ...ADA }] });
});

testOnBothDatabases('delete_tasks deletes all of the tasks or none', async (t) => {
  const { result, failure } = await startSession(t);
  await result('create_users', { users: [ADA] });
  await result('create_tasks', { tasks: ['a', 'b'].map((title) => due(title, '2026-04-01T09:00:00Z')) });
  assert.match(await failure('delete_tasks', { taskIds: [1, 7] }), /^The `taskIds\[1\]` value '7' does not refer to/);
  assert.equal((await result<{ tasks: Row[] }>('find_tasks')).tasks.length, 2);
  assert.deepEqual(await result('delete_tasks', { taskIds: [1, 2] }), { deleted: 2 });
  assert.deepEqual(await result('find_tasks'), { tasks: [] });
  assert.equal(await failure('get_task', { taskId: 1 }), 'The requested resource could not be found');
});

testOnBothDatabases('recent_changes shows the newest changes, or those after a sequence', async (t) => {
  const { result } = await startSession(t);
  await result('create_users', { users: [ADA, GRACE] });
  const changes = async (args?: object) =>
    (await result<{ changes: { sequence: number; type: string; userId: number }[] }>('recent_changes', args)).changes;
  const [ada, grace] = await changes();
  assert.deepEqual([ada?.userId, grace?.userId], [1, 2]);
  assert.deepEqual(await changes({ limit: 1 }), [grace]);
  assert.deepEqual(await changes({ after: ada?.sequence }), [grace]);
  assert.deepEqual(await changes({ after: grace?.sequence }), []);
});

testOnBothDatabases('recent_changes shows the oldest that are kept if those before were pruned', async (t) => {
  const { app, token, post, store, clock } = await testApp(t);
  const users = Array.from({ length: 150 }, (_, n) => ({ ...ADA, contactEmail: `ada${n}@example.com` }));
  await post('/users/batch', { users });
  clock.now += 86_400_000;
  await post('/users', GRACE);
  while (await store.changes.prune(clock.now));
  const { result, failure } = await connectMcp(t, { app, token: await token() });
  const { changes } = await result<{ changes: { type: string; userId: number }[] }>('recent_changes');
  assert.deepEqual(
    changes.map(({ type }) => type),
    ['user.created'],
  );
  assert.match(await failure('recent_changes', { after: 1 }), /^Events after this one are no longer kept/);
});

testOnBothDatabases('an error names the fields, the rules and an example', async (t) => {
  const { result, failure } = await startSession(t);
  await result('create_users', { users: [ADA] });
  const text = await failure('create_tasks', {
    tasks: [due('', 'someday'), { ...due('a', '2026-04-01'), color: 'red' }],
  });
  assert.match(text, /^The field `tasks\[0\]\.taskTitle` must be between 1 and 80 characters$/m);
  assert.match(text, /^- tasks\[0\]\.dueDate: Invalid format$/m);
  assert.match(text, /^- tasks\[1\]\.color: Unknown field$/m);
  const example = JSON.parse(/^Example: (.*)$/m.exec(text)?.[1] ?? '');
  await result('create_tasks', example);

  const unknown = await failure('find_tasks', { owner: 1 });
  assert.match(unknown, /^The field `owner` is not known$/m);
  assert.match(await failure('find_tasks', { taskStatus: ['DONE'] }), /It must be one of NOT_STARTED, IN_PROGRESS/);
  assert.match(await failure('find_tasks', { limit: 51 }), /^The field `limit` must be between 1 and 50$/m);
  assert.match(await failure('find_tasks', { search: '!' }), /^The `search` value '!' is not valid/);
  assert.match(await failure('create_users', { users: [] }), /It must be a list of 1 to 50 items/);
  await assert.rejects(failure('drop_tables'), { message: /There is no such tool\. The tools are find_tasks, / });
});
