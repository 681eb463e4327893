import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

/** Tasks of two users: the status and the hours from now until it is due, by task id. */
const TASKS = [
  ['NOT_STARTED', -2],
  ['COMPLETED', -1],
  ['BLOCKED', 0],
  ['IN_PROGRESS', -3],
  ['CANCELLED', 5],
  ['DEFERRED', 24],
  ['NOT_STARTED', 200],
] as const;

const HOUR_MS = 3_600_000;

/** An application with {@link TASKS}; those with an even id belong to user 2. */
async function withTasks(t: TestContext) {
  const app = await testApp(t);
  for (const contactEmail of ['john@example.com', 'jane@example.com'])
    await app.post('/users', { ...JOHN, contactEmail });
  for (const [i, [taskStatus, hours]] of TASKS.entries()) {
    const dueDate = new Date(app.clock.now + hours * HOUR_MS).toISOString();
    await app.post('/tasks', { ...REPORT, userId: 1 + (i % 2), taskStatus, dueDate });
  }
  const get = (url: string, token?: string) =>
    app.request({ url, headers: { prefer: 'count=exact' }, ...(token && { token }) });
  const ids = async (query: string, token?: string): Promise<number[]> => {
    const response = await get(`/tasks?${query}`, token);
    assert.equal(response.statusCode, 200, response.payload);
    const found = response.json().tasks.map(({ taskId }: { taskId: number }) => taskId);
    assert.equal(response.headers['x-total-count'], String(found.length));
    return found;
  };
  return { ...app, get, ids };
}

/** The target of the `next` link. */
function nextOf({ headers }: { headers: Record<string, unknown> }): string {
  return /<([^>]*)>; rel="next"/.exec(String(headers.link))?.[1] as string;
}

testOnBothDatabases(
  'dueAfter is inclusive, dueBefore exclusive, and both accept any spelling of an instant',
  async (t) => {
    const { ids, clock } = await withTasks(t);
    const at = (hours: number, more = 0) => new Date(clock.now + hours * HOUR_MS + more).toISOString();
    assert.deepEqual(await ids(`dueAfter=${at(0)}`), [3, 5, 6, 7]);
    assert.deepEqual(await ids(`dueAfter=${at(0, 1)}`), [5, 6, 7]);
    assert.deepEqual(await ids(`dueBefore=${at(0)}&_sort=dueDate`), [4, 1, 2]);
    assert.deepEqual(await ids(`dueBefore=${at(0, 1)}&_sort=-dueDate`), [3, 2, 1, 4]);
    assert.deepEqual(await ids(`dueAfter=${at(-2)}&dueBefore=${at(24)}&_sort=dueDate`), [1, 2, 3, 5]);
    assert.deepEqual(await ids('dueAfter=2026-03-01T12:00&dueBefore=2026-03-02T13:00:00%2B01:00'), [3, 5]);
    assert.deepEqual(await ids('dueAfter=2026-03-01T12:00:00.000001Z'), [5, 6, 7]);
    assert.deepEqual(await ids(`dueAfter=${at(24)}&dueBefore=${at(-2)}`), []);
  },
);

testOnBothDatabases('several statuses match any of them', async (t) => {
  const { ids } = await withTasks(t);
  assert.deepEqual(await ids('taskStatus=BLOCKED,NOT_STARTED'), [1, 3, 7]);
  assert.deepEqual(await ids('taskStatus=NOT_STARTED%2CDEFERRED&_sort=-dueDate'), [7, 6, 1]);
  assert.deepEqual(await ids('taskStatus=NOT_STARTED,IN_PROGRESS,BLOCKED,DEFERRED&userId=1&_sort=dueDate'), [1, 3, 7]);
  assert.deepEqual(await ids('taskStatus=COMPLETED,CANCELLED&_sort=taskStatus'), [5, 2]);
  assert.deepEqual(await ids('taskStatus=DEFERRED'), [6]);
});

testOnBothDatabases('overdue tasks are due before now, and neither COMPLETED nor CANCELLED', async (t) => {
  const { ids, clock } = await withTasks(t);
  assert.deepEqual(await ids('overdue=true'), [1, 4]);
  assert.deepEqual(await ids('overdue=true&_sort=dueDate'), [4, 1]);
  assert.deepEqual(await ids('overdue=false'), [2, 3, 5, 6, 7]);
  assert.deepEqual(await ids('overdue=true&userId=2'), [4]);
  assert.deepEqual(await ids('overdue=true&taskStatus=COMPLETED'), []);
  assert.deepEqual(await ids('overdue=true&taskStatus=COMPLETED,NOT_STARTED'), [1]);
  assert.deepEqual(await ids(`overdue=true&dueAfter=${new Date(clock.now - 2 * HOUR_MS).toISOString()}`), [1]);
  assert.deepEqual(await ids(`overdue=true&dueBefore=${new Date(clock.now + HOUR_MS).toISOString()}`), [1, 4]);
  assert.deepEqual(await ids('overdue=false&taskStatus=NOT_STARTED&_sort=dueDate'), [7]);
  clock.now += 1;
  assert.deepEqual(await ids('overdue=true'), [1, 3, 4], 'task 3 was due at the time of the first request');
});

testOnBothDatabases('a next link of overdue tasks continues with the time of its first page', async (t) => {
  const { get, clock } = await withTasks(t);
  const overdue = await get('/tasks?overdue=true&_sort=dueDate&_perPage=1');
  const others = await get('/tasks?overdue=false&_sort=taskStatus&_perPage=2');
  clock.now += 48 * HOUR_MS;
  const later = await get(nextOf(overdue));
  assert.deepEqual([later.json().tasks[0].taskId, later.headers['x-total-count']], [1, '2']);
  assert.equal(nextOf(later), undefined);
  const rest: number[] = [];
  for (let next = nextOf(others); next !== undefined; ) {
    const page = await get(next);
    rest.push(...page.json().tasks.map(({ taskId }: { taskId: number }) => taskId));
    next = nextOf(page);
  }
  assert.deepEqual(rest, [2, 6, 7]);
  const cursor = new URL(nextOf(overdue), 'http://localhost').searchParams.get('_cursor');
  for (const query of ['overdue=false&_sort=dueDate', '_sort=dueDate', 'overdue=true&_sort=-dueDate']) {
    assert.equal((await get(`/tasks?${query}&_cursor=${cursor}`)).statusCode, 400, query);
  }
});

testOnBothDatabases(
  'a list of ids matches those that exist, in the order of the sort, with all other filters',
  async (t) => {
    const { ids, token, get } = await withTasks(t);
    assert.deepEqual(await ids('taskId=4,2,999,4'), [2, 4]);
    assert.deepEqual(await ids('taskId=1,3,7&_sort=-dueDate'), [7, 3, 1]);
    assert.deepEqual(await ids('taskId=1,3,7&taskStatus=BLOCKED&userId=1'), [3]);
    assert.deepEqual(await ids(`taskId=${Array.from({ length: 100 }, (_, i) => i + 5)}`), [5, 6, 7]);
    const own = await token({ scopes: ['tasks:read'], userId: 2 });
    assert.deepEqual(await ids('taskId=1,2,3,4', own), [2, 4]);
    assert.deepEqual(await ids('taskId=1,2,3,4&userId=1', own), []);
    const first = await get('/tasks?taskId=5,6,7,1&_perPage=3');
    assert.equal(nextOf(first).startsWith('/tasks?taskId=5%2C6%2C7%2C1&_perPage=3&_cursor='), true, nextOf(first));
    assert.deepEqual(
      (await get(nextOf(first))).json().tasks.map(({ taskId }: { taskId: number }) => taskId),
      [7],
    );
  },
);

testOnBothDatabases('a cursor is rejected with another due date, status or id', async (t) => {
  const { get } = await withTasks(t);
  const filters = ['dueAfter=2020-01-01T00:00:09Z', 'taskStatus=NOT_STARTED,BLOCKED', 'taskId=1,3,7'];
  for (const filter of filters) {
    const cursor = new URL(nextOf(await get(`/tasks?${filter}&_perPage=1`)), 'http://localhost').searchParams.get(
      '_cursor',
    );
    assert.equal((await get(`/tasks?${filter}&_cursor=${cursor}`)).statusCode, 200);
    const others = [...filters.filter((one) => one !== filter), filter.replace('9Z', '8Z').replace(/,[^,]*$/, ''), ''];
    for (const other of others) {
      assert.equal((await get(`/tasks?${other}&_cursor=${cursor}`)).statusCode, 400, `${filter}, then ${other}`);
    }
  }
});
