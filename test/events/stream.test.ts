import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { test } from '../support/both-stores.ts';
import { ACTOR } from '../support/created.ts';
import { JOHN } from '../support/examples.ts';

interface Sent {
  id: string;
  event: string;
  data: { type: string; data: { userId: number } };
}

/** An application that listens, and what follows its events. */
async function streamApp(...args: Parameters<typeof testApp>) {
  const tested = await testApp(...args);
  const url = await tested.app.listen({ host: '127.0.0.1', port: 0 });
  const create = (n: number) => tested.post('/users', { ...JOHN, contactEmail: `john${n}@example.com` });
  const follow = async (token: string, { query = '', lastEventId }: { query?: string; lastEventId?: string } = {}) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    const response = await fetch(`${url}/events${query}`, { headers });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    return read(response.body as ReadableStream<Uint8Array>);
  };
  return { ...tested, create, follow };
}

/** The events of a stream, one by one. */
async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<Sent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s, 2)));
      if (fields.data !== undefined) yield { ...fields, data: JSON.parse(fields.data) } as Sent;
    }
  }
}

async function next(events: AsyncGenerator<Sent>): Promise<Sent> {
  const { value, done } = await events.next();
  assert.ok(done !== true, 'the stream has ended');
  return value;
}

test('events come as they happen, and after a lost connection from where it was lost', async (t) => {
  const { create, follow, token } = await streamApp(t);
  const text = await token();
  await create(1);
  const live = await follow(text);
  await create(2);
  const second = await next(live);
  assert.deepEqual([second.event, second.data.data.userId], ['user.created', 2]);
  await live.return(undefined);
  await create(3);
  await create(4);
  const again = await follow(text, { query: '?_after=0', lastEventId: second.id });
  assert.deepEqual([(await next(again)).data.data.userId, (await next(again)).data.data.userId], [3, 4]);
  const all = await follow(text, { query: '?_after=0' });
  assert.equal((await next(all)).data.data.userId, 1);
  await Promise.all([again.return(undefined), all.return(undefined)]);
});

test('a stream ends when its token is revoked', async (t) => {
  const { create, follow, token, store, clock } = await streamApp(t);
  const text = await token({ scopes: ['users:read'] });
  const events = await follow(text, { query: '?_after=0' });
  await create(1);
  assert.equal((await next(events)).data.data.userId, 1);
  await store.revokeToken(Number(text.split('_')[1]), ACTOR);
  clock.now += 500;
  assert.deepEqual(await events.next(), { value: undefined, done: true });
});

test('streams end when the service stops', async (t) => {
  const { app, follow, token, create } = await streamApp(t);
  const events = await follow(await token(), { query: '?_after=0' });
  await create(1);
  await next(events);
  const ended = events.next();
  const closed = app.close();
  assert.deepEqual(await ended, { value: undefined, done: true });
  // As the program does while it stops.
  app.server.closeIdleConnections();
  await closed;
});

test('a bound token follows its user’s events only', async (t) => {
  const { create, follow, token } = await streamApp(t);
  await create(1);
  await create(2);
  const bound = await token({ scopes: ['users:read'], userId: 2 });
  const events = await follow(bound, { query: '?_after=0' });
  assert.equal((await next(events)).data.data.userId, 2);
  await events.return(undefined);
});
