import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { sampleOf } from '../../metrics/scrape.ts';
import { JOHN } from '../../support/examples.ts';
import { POSTGRES_TEMPLATE_URL, skipWithoutPostgres } from '../../support/postgres.ts';
import {
  pauseReplicas,
  type Replicated,
  type ReplicatedApp,
  read,
  readsFromReplicas,
  startReplicated,
} from '../../support/replicated-app.ts';
import { waitFor } from '../../support/wait-for.ts';

let replicated: Replicated | undefined;

before(async () => {
  if (process.env[POSTGRES_TEMPLATE_URL] !== undefined) replicated = await startReplicated();
});
after(() => replicated?.remove());

let users = 0;

/** Creates a user, and returns its ID. */
async function create(app: ReplicatedApp, token?: string): Promise<number> {
  const response = await app.post('/users', { ...JOHN, contactEmail: `event${++users}@example.com` }, token);
  assert.equal(response.statusCode, 201, response.body);
  return response.json().userId;
}

interface Seen {
  status: number;
  /** The users whose events are shown. */
  userIds: number[];
  /** The current end of the events. */
  last: number;
}

async function eventsOf(app: ReplicatedApp, token: string, after = 0, headers = {}): Promise<Seen> {
  const response = await app.request({ url: `/events?_after=${after}&_perPage=1000`, token, headers });
  const events: { data: { userId: number } }[] = response.json().events ?? [];
  const last = Number(/_after=(\d+)[^>]*>; rel="last"/.exec(String(response.headers.link))?.[1]);
  return { status: response.statusCode, userIds: events.map(({ data }) => data.userId), last };
}

test('an event is shown when the replicas have it, also to the token that wrote it, and after other events', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const [one, two] = [await replicated.app(t), await replicated.app(t)];
  const token = await one.token();
  await replicated.used(2);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(two, token);
  const other = await create(two);
  const own = await create(one, token);
  assert.deepEqual(await read(two, `/users?userId=${other}`, token), []);
  const seen = await eventsOf(one, token);
  assert.equal(seen.status, 200);
  assert.deepEqual(
    [own, other].filter((userId) => seen.userIds.includes(userId)),
    [],
  );
  const current = await eventsOf(one, token, 0, { 'cache-control': 'no-cache' });
  for (const userId of [own, other]) assert.ok(current.userIds.includes(userId), 'the current events');
  const waiting = eventsOf(one, token);
  for (const replica of replicated.replicas) await replica.setPaused(false);
  assert.ok((await waiting).userIds.includes(own), 'a token waits for its own events');
});

test('events wait for the replicas also if it takes longer than the allowed age to know which are complete', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const [one, two] = [await replicated.app(t), await replicated.app(t)];
  const token = await one.token();
  await replicated.used(2);
  const { last } = await eventsOf(one, token, 0, { 'cache-control': 'no-cache' });
  await waitFor(async () => (await eventsOf(one, token)).last === last, { message: 'an event is not shown' });
  // A transaction in flight, which may add an entry before those of others.
  const writer = new pg.Client(replicated.primary.url);
  await writer.connect();
  t.after(() => writer.end());
  await writer.query('BEGIN; LOCK TABLE changes IN ROW EXCLUSIVE MODE');
  await create(one);
  for (const milliseconds of [3_000, 3_000]) {
    replicated.advance(milliseconds);
    await replicated.polled(2);
  }
  await pauseReplicas(t, replicated);
  await readsFromReplicas(two, token);
  const userId = await create(one);
  assert.equal((await eventsOf(one, token, last)).status, 503, 'events may be missing, and no longer only recent ones');
  await writer.query('COMMIT');
  const { userIds } = await eventsOf(one, token, last);
  assert.deepEqual(await read(two, `/users?userId=${userId}`, token), []);
  assert.ok(!userIds.includes(userId), 'the list is older than an event');
  for (const replica of replicated.replicas) await replica.setPaused(false);
  await waitFor(async () => (await eventsOf(one, token, last)).userIds.includes(userId), {
    message: 'the event is not shown',
  });
});

test('a process that starts while replicas are behind shows no events until it knows which ones they have', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const one = await replicated.app(t);
  const token = await one.token();
  await replicated.used(1);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(one, token);
  const userId = await create(one);
  const two = await replicated.app(t);
  assert.deepEqual(await read(one, `/users?userId=${userId}`, token), []);
  assert.equal((await eventsOf(two, token)).status, 503);
  // Then no process uses these replicas.
  replicated.advance(6_001);
  assert.ok((await eventsOf(two, token)).userIds.includes(userId));
  assert.equal((await read(one, `/users?userId=${userId}`, token)).length, 1);
});

test('a replica that was left out is used again a second after events wait for it', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const [behind, other] = replicated.replicas;
  const app = await replicated.app(t);
  const token = await app.token();
  const isUsed = async () => sampleOf(await app.metrics.registry.metrics(), 'task_api_replica_in_use', behind.name);
  await replicated.used(1);
  assert.equal(await isUsed(), 1);
  t.after(() => behind.setPaused(false));
  await behind.setPaused(true);
  const userId = await create(app);
  for (const milliseconds of [3_000, 3_001]) {
    replicated.advance(milliseconds);
    await replicated.polled(1);
  }
  assert.equal(await isUsed(), 0);
  await waitFor(async () => (await eventsOf(app, token)).userIds.includes(userId), {
    message: `events wait for more than ${other.name}`,
  });
  await behind.setPaused(false);
  replicated.advance(999);
  await replicated.polled(1);
  assert.equal(await isUsed(), 0, 'another process may not count it yet');
  await replicated.used(1);
  assert.equal(await isUsed(), 1);
});
