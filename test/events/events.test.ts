import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const DAY = 24 * 60 * 60 * 1000;

interface Event {
  sequence: number;
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** An application, and a function that reads its events. */
async function eventApp(...args: Parameters<typeof testApp>) {
  const tested = await testApp(...args);
  const read = async (url: string, token?: string) => {
    const response = await tested.request({ url, ...(token !== undefined && { token }) });
    assert.equal(response.statusCode, 200, response.body);
    const link = (rel: string) => new RegExp(`<([^>]*)>; rel="${rel}"`).exec(String(response.headers.link))?.[1] ?? '';
    return { events: response.json().events as Event[], next: link('next'), last: link('last') };
  };
  const types = async (url: string, token?: string) => (await read(url, token)).events.map(({ type }) => type);
  return { ...tested, read, types };
}

testOnBothDatabases('every change of a user or task is an event with the new state', async (t) => {
  const { post, patch, request, read, clock } = await eventApp(t);
  const timestamp = new Date(clock.now).toISOString();
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  await patch('/users/1', { firstName: 'Jim' });
  await patch('/tasks/1', { taskStatus: 'COMPLETED' });
  await patch('/tasks/1', { warningOffset: 1 });
  await post('/tokens', { name: 'x', scopes: ['users:read'] });
  await request({ method: 'DELETE', url: '/tasks/1' });
  const { events } = await read('/events');
  const task = { taskId: 1, ...REPORT, taskStatus: 'NOT_STARTED' };
  const done = { ...task, taskStatus: 'COMPLETED' };
  assert.deepEqual(
    events.map(({ sequence, ...event }) => event),
    [
      { type: 'user.created', timestamp, data: { userId: 1, ...JOHN } },
      { type: 'task.created', timestamp, data: task },
      { type: 'user.updated', timestamp, data: { userId: 1, ...JOHN, firstName: 'Jim' } },
      { type: 'task.completed', timestamp, data: done },
      { type: 'task.updated', timestamp, data: { ...done, warningOffset: 1 } },
      { type: 'task.deleted', timestamp, data: { taskId: 1, userId: 1 } },
    ],
  );
});

testOnBothDatabases('following next links returns every event exactly once', async (t) => {
  const { post, read } = await eventApp(t);
  const seen: number[] = [];
  let url = '/events?_perPage=3';
  for (let i = 0; i < 10; i++) {
    await post('/users', { ...JOHN, contactEmail: `john${i}@example.com` });
    const { events, next } = await read(url);
    seen.push(...events.map(({ data }) => data.userId as number));
    url = next;
  }
  const { events } = await read(url);
  assert.deepEqual([...seen, ...events.map(({ data }) => data.userId)], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const { last } = await read('/events?_perPage=1');
  assert.deepEqual((await read(last)).events, []);
});

testOnBothDatabases('a token sees the events of its scopes; a user token only its user’s', async (t) => {
  const { post, token, types, request } = await eventApp(t);
  await post('/users', JOHN);
  await post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  await post('/tasks', REPORT);
  await post('/tasks', { ...REPORT, userId: 2 });
  assert.deepEqual(await types('/events', await token({ scopes: ['users:read'] })), ['user.created', 'user.created']);
  assert.deepEqual(await types('/events', await token({ scopes: ['tasks:read'] })), ['task.created', 'task.created']);
  const bound = await token({ scopes: ['users:read', 'tasks:read'], userId: 2 });
  assert.deepEqual(await types('/events', bound), ['user.created', 'task.created']);
  const none = await token({ scopes: ['users:write', 'tasks:write'] });
  assert.equal((await request({ url: '/events', token: none })).statusCode, 403);
});

testOnBothDatabases('after a user is deleted, the events hold only ids', async (t) => {
  const { post, request, read } = await eventApp(t);
  await post('/users', JOHN);
  await post('/tasks', REPORT);
  await request({ method: 'DELETE', url: '/users/1' });
  assert.deepEqual(
    (await read('/events')).events.map(({ type, data }) => [type, data]),
    [
      ['user.created', { userId: 1 }],
      ['task.created', { taskId: 1, userId: 1 }],
      ['user.deleted', { userId: 1 }],
    ],
  );
});

testOnBothDatabases('old events are pruned, except the newest; a consumer that missed some gets 410', async (t) => {
  const { post, request, read, store, clock } = await eventApp(t);
  const create = (i: number) => post('/users', { ...JOHN, contactEmail: `john${i}@example.com` });
  for (let i = 0; i < 3; i++) await create(i);
  clock.now += DAY;
  for (let i = 3; i < 6; i++) await create(i);
  const [first, second, , fourth] = (await read('/events')).events as [Event, Event, Event, Event];
  while (await store.changes.prune(clock.now));
  assert.deepEqual(
    (await read('/events')).events.map(({ data }) => data.userId),
    [4, 5, 6],
  );
  // The first entry of the change log is the test's own token.
  assert.equal((await read(`/events?_after=${fourth.sequence - 1}`)).events.length, 3);
  for (const { sequence } of [first, second]) {
    const response = await request({ url: `/events?_after=${sequence}` });
    assert.equal(response.statusCode, 410);
    assert.equal(response.json().code, 'EVENTS_EXPIRED');
    const stream = await request({ url: `/events?_after=${sequence}`, headers: { accept: 'text/event-stream' } });
    assert.equal(stream.statusCode, 410);
  }
  clock.now += DAY;
  while (await store.changes.prune(clock.now));
  assert.equal((await read('/events')).events.length, 1);
  await create(6);
  const rest = (await read('/events')).events;
  assert.ok(rest.length === 2 && (rest[1] as Event).sequence > fourth.sequence + 2, 'sequence numbers continue');
});

testOnBothDatabases('GET /events rejects invalid parameters and headers', async (t) => {
  const { request } = await eventApp(t);
  for (const query of ['_after=-1', '_after=x', '_perPage=0', '_perPage=1001', '_page=0', '_sort=sequence']) {
    assert.equal((await request({ url: `/events?${query}` })).statusCode, 400, query);
  }
  const headers = { accept: 'text/event-stream', 'last-event-id': 'x' };
  const response = await request({ url: '/events', headers });
  assert.equal(response.json().message, 'The `Last-Event-ID` header must be the id of an event');
});

testOnBothDatabases('GET /events is a stream only if the client prefers one', async (t) => {
  const { request } = await eventApp(t);
  // The header is validated only for a stream.
  const isStream = async (accept: string) => {
    const response = await request({ url: '/events', headers: { accept, 'last-event-id': 'x' } });
    return response.statusCode === 400;
  };
  for (const accept of ['text/event-stream', 'text/event-stream, */*', 'application/json;q=0.5, text/event-stream']) {
    assert.equal(await isStream(accept), true, accept);
  }
  const others = ['text/event-stream;q=0', 'text/event-stream;q=0.5, application/json', 'application/json, */*'];
  for (const accept of others) assert.equal(await isStream(accept), false, accept);
});
