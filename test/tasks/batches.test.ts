import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import type { TestApp } from '../support/app.ts';
import { batchApp, DUE, LENIENT, newTask } from '../support/batch-app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

type Json = Record<string, unknown>;

/** The types and tasks of all events, in order. */
async function listEvents({ request }: TestApp): Promise<unknown[]> {
  const { events } = (await request({ url: '/events?_perPage=100' })).json();
  return events
    .filter(({ type }: { type: string }) => type.startsWith('task.'))
    .map(({ type, data }: { type: string; data: { taskId: number } }) => [type, data.taskId]);
}

function fieldsOf(response: LightMyRequestResponse): string[] {
  return response.json().details.map(({ field, reason }: Record<string, string>) => `${field}: ${reason}`);
}

testOnBothDatabases('POST /tasks/batch creates tasks as single requests do', async (t) => {
  const app = await batchApp(t);
  const { users, send, request } = app;
  const sent = [
    { ...newTask(users[1], 'Second'), taskStatus: 'BLOCKED', taskDescription: 'x', dueDate: '2026-06-01T12:00+02:00' },
    { ...newTask(users[0], 'First'), taskDescription: null },
  ];
  const response = await send('POST', '/tasks/batch', { tasks: sent });
  assert.equal(response.statusCode, 201, response.payload);
  const single = [];
  for (const task of sent) single.push((await send('POST', '/tasks', task)).json());
  const withoutId = ({ taskId: _, ...rest }: Json) => JSON.stringify(rest);
  assert.deepEqual(response.json().tasks.map(withoutId), single.map(withoutId));
  const [first] = response.json().tasks;
  const found = await request({ url: `/tasks/${first.taskId}` });
  assert.deepEqual(found.json(), first);
  assert.equal(found.headers.etag, '"1"');
  const ids = [...response.json().tasks, ...single].map(({ taskId }) => taskId);
  assert.deepEqual(
    await listEvents(app),
    ids.map((id) => ['task.created', id]),
  );
});

testOnBothDatabases('a batch of tasks schedules the reminder of each', async (t) => {
  const app = await batchApp(t);
  const { send, users, clock, store } = app;
  const at = (minutes: number) => new Date(clock.now + minutes * 60_000).toISOString();
  const tasks = [10, 200, 20].map((minutes) => ({ ...newTask(users[0], `In ${minutes}`), dueDate: at(minutes) }));
  const created = (await send('POST', '/tasks/batch', { tasks })).json().tasks;
  assert.equal((await store.tasks.recordReminders()).reminded, 2);
  const ids = created.map(({ taskId }: { taskId: number }) => taskId);
  await send('PATCH', '/tasks/batch', {
    tasks: [
      { taskId: ids[1], dueDate: at(30) },
      { taskId: ids[0], taskTitle: 'x' },
    ],
  });
  assert.equal((await store.tasks.recordReminders()).reminded, 1);
  assert.deepEqual(
    (await listEvents(app)).filter((event) => (event as string[])[0] === 'task.reminder'),
    [
      ['task.reminder', ids[0]],
      ['task.reminder', ids[2]],
      ['task.reminder', ids[1]],
    ],
  );
});

testOnBothDatabases('POST /tasks/batch stores nothing if any owner does not exist, and names each', async (t) => {
  const { send, users, listTasks } = await batchApp(t);
  const tasks = [newTask(users[0], 'a'), newTask(777_777, 'b'), newTask(users[1], 'c'), newTask(888_888, 'd')];
  const response = await send('POST', '/tasks/batch', { tasks });
  assert.equal(response.statusCode, 400);
  assert.equal(response.json().message, "The `tasks[1].userId` value '777777' does not refer to an existing user.");
  assert.deepEqual(fieldsOf(response), ['tasks[1].userId: Does not exist', 'tasks[3].userId: Does not exist']);
  assert.deepEqual(await listTasks(), []);
  const invalid = await send('POST', '/tasks/batch', {
    tasks: [...tasks, { ...newTask(users[0], 'e'), dueDate: 'soon' }],
  });
  assert.deepEqual(fieldsOf(invalid), ['tasks[4].dueDate: Invalid format']);

  const lenient = await send('POST', '/tasks/batch', { tasks }, LENIENT);
  assert.equal(lenient.statusCode, 200);
  const stored = await listTasks();
  assert.deepEqual(
    lenient.json().results.map(({ status, task, error }: Json) => [status, task ?? (error as Json).details]),
    [
      [201, stored[0]],
      [400, [{ field: 'userId', reason: 'Does not exist', location: 'body' }]],
      [201, stored[1]],
      [400, [{ field: 'userId', reason: 'Does not exist', location: 'body' }]],
    ],
  );
});

testOnBothDatabases('PATCH /tasks/batch changes tasks as single requests do', async (t) => {
  const app = await batchApp(t);
  const { send, users, createTasks, listTasks, request } = app;
  const [one, two, three] = await createTasks('a', 'b', 'c');
  const response = await send('PATCH', '/tasks/batch', {
    tasks: [
      { taskId: three, taskStatus: 'COMPLETED', taskDescription: 'done' },
      { taskId: one, userId: users[1], dueDate: '2026-07-01T12:00', ifMatch: '"1"' },
      { taskId: two, taskTitle: 'b' },
    ],
  });
  assert.equal(response.statusCode, 200, response.payload);
  const stored = await listTasks();
  assert.deepEqual(response.json(), { tasks: [stored[2], stored[0], stored[1]] });
  assert.deepEqual(
    [stored[0]?.userId, stored[0]?.dueDate, stored[1]?.taskTitle, stored[2]?.taskStatus, stored[2]?.taskDescription],
    [users[1], '2026-07-01T12:00:00Z', 'b', 'COMPLETED', 'done'],
  );
  const tags = await Promise.all(
    [one, two, three].map(async (id) => (await request({ url: `/tasks/${id}` })).headers.etag),
  );
  assert.deepEqual(tags, ['"2"', '"1"', '"2"'], 'a change without an effect is none');
  assert.deepEqual((await listEvents(app)).slice(3), [
    ['task.completed', three],
    ['task.updated', one],
  ]);
  const { audit } = (await request({ url: `/audit?taskId=${one}&_sort=-sequence` })).json();
  assert.deepEqual([audit[0].type, audit[0].before], ['task.updated', { userId: users[0], dueDate: DUE }]);
  const removed = await send('PATCH', '/tasks/batch', { tasks: [{ taskId: three, taskDescription: null }] });
  assert.equal('taskDescription' in removed.json().tasks[0], false);
});

testOnBothDatabases('PATCH /tasks/batch changes nothing if a task is missing, repeated or has changed', async (t) => {
  const { send, users, createTasks, listTasks } = await batchApp(t);
  const [one, two, three] = await createTasks('a', 'b', 'c');
  await send('PATCH', `/tasks/${two}`, { taskTitle: 'B' });
  const before = await listTasks();
  const taskTitle = 'new';
  const patch = (...tasks: object[]) => send('PATCH', '/tasks/batch', { tasks });

  const missing = await patch(
    { taskId: one, taskTitle },
    { taskId: 777_777, taskTitle },
    { taskId: two, userId: 888_888 },
  );
  assert.equal(missing.statusCode, 400);
  assert.equal(missing.json().message, "The `tasks[1].taskId` value '777777' does not refer to an existing task.");
  assert.deepEqual(fieldsOf(missing), ['tasks[1].taskId: Does not exist', 'tasks[2].userId: Does not exist']);

  const changed = await patch(
    { taskId: one, taskTitle, ifMatch: '"1"' },
    { taskId: two, taskTitle, ifMatch: '"1"' },
    { taskId: three, taskTitle, ifMatch: '"2", W/"1"' },
  );
  assert.equal(changed.statusCode, 412);
  const requestId = changed.headers['x-request-id'];
  const message = 'The resource has changed since it was read: `tasks[1]`, `tasks[2]`';
  assert.deepEqual(changed.json(), { code: 'PRECONDITION_FAILED', message, requestId });

  const repeated = await patch({ taskId: one, taskTitle }, { taskId: two, taskTitle }, { taskId: one, taskTitle });
  assert.deepEqual(fieldsOf(repeated), ['tasks[2].taskId: Invalid value']);
  assert.equal(
    repeated.json().message,
    `The \`tasks[2].taskId\` value '${one}' is not valid. It must be different from that of \`tasks[0]\`.`,
  );

  const invalid = await patch(
    { taskTitle },
    { taskId: one },
    {},
    { taskId: one, ifMatch: '1' },
    { taskId: 0, taskTitle: '' },
  );
  assert.deepEqual(fieldsOf(invalid), [
    'tasks[0].taskId: Is required',
    'tasks[1]: Is required',
    'tasks[2].taskId: Is required',
    'tasks[3].ifMatch: Invalid format',
    'tasks[4].taskId: Value too small',
    'tasks[4].taskTitle: String too short',
  ]);
  assert.deepEqual(await listTasks(), before);
  const alone = await patch({ taskId: one });
  assert.equal(alone.json().message, 'The item `tasks[0]` must contain at least one field to change');
  assert.equal((await patch({ taskId: one, userId: users[0], ifMatch: '*' })).statusCode, 200);
});

testOnBothDatabases('a lenient PATCH /tasks/batch has a result for each task', async (t) => {
  const { send, createTasks, listTasks } = await batchApp(t);
  const [one, two] = await createTasks('a', 'b');
  const response = await send(
    'PATCH',
    '/tasks/batch',
    {
      tasks: [
        { taskId: one, taskTitle: 'A', ifMatch: '"1"' },
        { taskId: two, taskTitle: 'B', ifMatch: '"7"' },
        { taskId: 777_777, taskTitle: 'C' },
        { taskId: one, taskTitle: 'D' },
        { taskId: two, userId: 888_888 },
        { taskId: two, taskStatus: 'DONE' },
      ],
    },
    LENIENT,
  );
  assert.equal(response.statusCode, 200, response.payload);
  assert.equal(response.headers['preference-applied'], 'handling=lenient');
  const [first, second] = await listTasks();
  assert.deepEqual([first?.taskTitle, second?.taskTitle], ['A', 'b']);
  assert.deepEqual(
    response.json().results.map(({ status, task, error }: Json) => [status, task ?? (error as Json).message]),
    [
      [200, first],
      [412, 'The resource has changed since it was read'],
      [404, 'The requested resource could not be found'],
      [400, `The \`taskId\` value '${one}' is not valid. It must be different from that of \`tasks[0]\`.`],
      [400, `The \`taskId\` value '${two}' is not valid. It must be different from that of \`tasks[1]\`.`],
      [
        400,
        "The `taskStatus` value 'DONE' is not valid. It must be one of NOT_STARTED, IN_PROGRESS, BLOCKED, DEFERRED, COMPLETED, CANCELLED.",
      ],
    ],
  );
});

testOnBothDatabases('POST /tasks/batch-delete deletes all tasks or none', async (t) => {
  const app = await batchApp(t);
  const { send, createTasks, listTasks } = app;
  const [one, two, three] = (await createTasks('a', 'b', 'c')) as [number, number, number];
  const remove = (taskIds: unknown[], headers = {}) => send('POST', '/tasks/batch-delete', { taskIds }, headers);
  const missing = await remove([one, 777_777, two]);
  assert.equal(missing.statusCode, 400);
  assert.equal(missing.json().message, "The `taskIds[1]` value '777777' does not refer to an existing task.");
  const invalid = await remove([one, '2', two, 0, one]);
  assert.deepEqual(fieldsOf(invalid), [
    'taskIds[1]: Invalid type',
    'taskIds[3]: Value too small',
    'taskIds[4]: Invalid value',
  ]);
  assert.equal((await listTasks()).length, 3);
  const removed = await remove([three, one]);
  assert.equal(removed.statusCode, 204, removed.payload);
  assert.equal(removed.payload, '');
  assert.deepEqual(
    (await listTasks()).map(({ taskId }) => taskId),
    [two],
  );
  assert.deepEqual((await listEvents(app)).slice(3), [
    ['task.deleted', three],
    ['task.deleted', one],
  ]);
  const lenient = await remove([three, two, two, 'x'], LENIENT);
  assert.equal(lenient.statusCode, 200);
  assert.deepEqual(
    lenient.json().results.map(({ status, error }: Json) => [status, (error as Json | undefined)?.code]),
    [
      [404, 'RESOURCE_NOT_FOUND'],
      [204, undefined],
      [400, 'INVALID_FIELD'],
      [400, 'INVALID_FIELD'],
    ],
  );
  assert.deepEqual(await listTasks(), []);
});

testOnBothDatabases(
  'a user token changes only its own tasks; others and missing ones get the same response',
  async (t) => {
    const { send, users, createTasks, listTasks, token } = await batchApp(t);
    const [own, foreign] = (await createTasks('a', 'b')) as [number, number];
    const before = await listTasks();
    const text = await token({ scopes: ['tasks:write'], userId: users[0] });
    const taskTitle = 'x';
    for (const id of [foreign, 777_777]) {
      const rejected = [
        await send(
          'PATCH',
          '/tasks/batch',
          {
            tasks: [
              { taskId: own, taskTitle },
              { taskId: id, taskTitle },
            ],
          },
          {},
          text,
        ),
        await send('POST', '/tasks/batch-delete', { taskIds: [own, id] }, {}, text),
      ];
      for (const response of rejected) assert.equal(response.statusCode, 403, response.payload);
    }
    const others = { tasks: [newTask(users[0], 'mine'), newTask(users[1], 'theirs')] };
    assert.equal((await send('POST', '/tasks/batch', others, {}, text)).statusCode, 403);
    const reassigned = { tasks: [{ taskId: own, userId: users[1] }] };
    assert.equal((await send('PATCH', '/tasks/batch', reassigned, {}, text)).statusCode, 403);
    assert.deepEqual(await listTasks(), before);

    const statuses = ({ results }: { results: Json[] }) => results.map(({ status }) => status);
    const created = await send('POST', '/tasks/batch', others, LENIENT, text);
    assert.deepEqual(statuses(created.json()), [201, 403]);
    const patched = await send(
      'PATCH',
      '/tasks/batch',
      { tasks: [own, foreign, 777_777].map((taskId) => ({ taskId, taskTitle })) },
      LENIENT,
      text,
    );
    assert.deepEqual(statuses(patched.json()), [200, 403, 403]);
    const [, theirs, missing] = patched.json().results;
    assert.deepEqual(theirs, missing);
    const deleted = await send('POST', '/tasks/batch-delete', { taskIds: [own, foreign, 777_777] }, LENIENT, text);
    assert.deepEqual(statuses(deleted.json()), [204, 403, 403]);
    const reader = await token({ scopes: ['tasks:read'] });
    assert.equal((await send('POST', '/tasks/batch-delete', { taskIds: [foreign] }, {}, reader)).statusCode, 403);
  },
);
