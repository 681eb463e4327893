import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import { type FollowOptions, followEvents, nextEvent } from '../support/event-stream.ts';
import { JOHN } from '../support/examples.ts';

/** An application that listens, and a function that follows its events. */
async function streamApp(...args: Parameters<typeof testApp>) {
  const tested = await testApp(...args);
  const url = await tested.app.listen({ host: '127.0.0.1', port: 0 });
  const create = (n: number) => tested.post('/users', { ...JOHN, contactEmail: `john${n}@example.com` });
  const follow = (token: string, options?: FollowOptions) => followEvents(url, token, options);
  return { ...tested, create, follow };
}

testOnBothDatabases('events arrive as they happen, and a reconnect resumes where the stream ended', async (t) => {
  const { create, follow, token } = await streamApp(t);
  const text = await token();
  await create(1);
  const live = await follow(text);
  await create(2);
  const second = await nextEvent(live);
  assert.deepEqual([second.event, second.data.data.userId], ['user.created', 2]);
  await live.return(undefined);
  await create(3);
  await create(4);
  const again = await follow(text, { query: '?_after=0', lastEventId: second.id });
  assert.deepEqual([(await nextEvent(again)).data.data.userId, (await nextEvent(again)).data.data.userId], [3, 4]);
  const all = await follow(text, { query: '?_after=0' });
  assert.equal((await nextEvent(all)).data.data.userId, 1);
  await Promise.all([again.return(undefined), all.return(undefined)]);
});

testOnBothDatabases('an event arrives at once, without waiting for a poll', async (t) => {
  const { create, follow, token } = await streamApp(t);
  const events = await follow(await token(), { query: '?_after=0' });
  await create(1);
  await nextEvent(events);
  // Polls and heartbeats wait for ever from now on. What follows a change takes 20 ms at most.
  const { setTimeout: original } = globalThis;
  const mock = t.mock.method(globalThis, 'setTimeout', ((run: () => void, delay: number) =>
    delay <= 20 ? original(run, delay) : original(() => undefined, 0)) as typeof setTimeout);
  await create(2);
  assert.equal((await nextEvent(events)).data.data.userId, 2);
  await create(3);
  assert.equal((await nextEvent(events)).data.data.userId, 3);
  mock.mock.restore();
  await events.return(undefined);
});

testOnBothDatabases('a stream ends when its token is revoked', async (t) => {
  const { create, follow, token, store, clock } = await streamApp(t);
  const text = await token({ scopes: ['users:read'] });
  const events = await follow(text, { query: '?_after=0' });
  await create(1);
  assert.equal((await nextEvent(events)).data.data.userId, 1);
  await store.tokens.revoke(Number(text.split('_')[1]), ACTOR);
  clock.now += 500;
  assert.deepEqual(await events.next(), { value: undefined, done: true });
});

testOnBothDatabases('streams end when the service stops', async (t) => {
  const { app, follow, token, create } = await streamApp(t);
  const events = await follow(await token(), { query: '?_after=0' });
  await create(1);
  await nextEvent(events);
  const ended = events.next();
  const closed = app.close();
  assert.deepEqual(await ended, { value: undefined, done: true });
  // The program does the same when it stops.
  app.server.closeIdleConnections();
  await closed;
});

testOnBothDatabases('a user token follows only its user’s events', async (t) => {
  const { create, follow, token } = await streamApp(t);
  await create(1);
  await create(2);
  const bound = await token({ scopes: ['users:read'], userId: 2 });
  const events = await follow(bound, { query: '?_after=0' });
  assert.equal((await nextEvent(events)).data.data.userId, 2);
  await events.return(undefined);
});
