import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import { followEvents, nextEvent, requestStream } from '../support/event-stream.ts';
import { JOHN } from '../support/examples.ts';
import { JOHNS, jwtTestApp } from '../support/jwt-app.ts';
import { waitFor } from '../support/wait-for.ts';

function connections({ app }: Pick<TestApp, 'app'>): Promise<number> {
  return new Promise((resolve, reject) =>
    app.server.getConnections((error, n) => (error ? reject(error) : resolve(n))),
  );
}

testOnBothDatabases('a token can have 20 streams; another gets 429 until a client disconnects', async (t) => {
  const { app, token } = await testApp(t);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const [text, other] = [await token(), await token()];
  const clients = Array.from({ length: 20 }, () => new AbortController());
  // All at once: each stream counts before its start offset is read from the database.
  const opened = await Promise.all(clients.map(({ signal }) => requestStream(url, text, { signal })));
  assert.deepEqual(new Set(opened.map(({ status }) => status)), new Set([200]));
  const rejected = await requestStream(url, text);
  assert.equal(rejected.status, 429);
  assert.equal(rejected.headers.get('retry-after'), '10');
  const { code, message } = (await rejected.json()) as Record<string, unknown>;
  assert.deepEqual([code, message], ['RATE_LIMIT_EXCEEDED', 'Rate limit exceeded. Try again in 10 seconds']);
  // Other tokens are not affected.
  const another = await requestStream(url, other);
  assert.equal(another.status, 200);
  await another.body?.cancel();

  clients[0]?.abort();
  clients[0] = new AbortController();
  const { signal } = clients[0];
  await waitFor(async () => (await requestStream(url, text, { signal })).status === 200, {
    timeoutMs: 5_000,
    message: 'a closed stream still counts against the limit',
  });
  app.server.closeAllConnections();
});

testOnBothDatabases('requests that fail before their stream starts hold no slot', async (t) => {
  const { app, token, post, sql } = await testApp(t);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const text = await token();
  for (let i = 0; i < 3; i++) await post('/users', { ...JOHN, contactEmail: `john${i}@example.com` });
  await sql('DELETE FROM changes WHERE sequence < 4');
  for (let i = 0; i < 25; i++) {
    const expired = await requestStream(url, text, { lastEventId: '1' });
    assert.equal(expired.status, 410);
    await expired.text();
  }
  const stream = await requestStream(url, text);
  assert.equal(stream.status, 200);
  await stream.body?.cancel();
});

/** A client that requests a stream of 20 MB and does not read it. */
async function stalledClient(t: TestContext) {
  const tested = await testApp(t);
  const url = await tested.app.listen({ host: '127.0.0.1', port: 0 });
  await tested.post('/users', JOHN);
  const values = JSON.stringify({ userId: 1, firstName: 'x'.repeat(100_000) });
  await tested.sql(
    `INSERT INTO changes (at, type, actor, user_id, new_values)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
     SELECT ${tested.clock.now}, 'user.updated', '1', 1, '${values}' FROM n`,
  );
  const text = await tested.token({ scopes: ['users:read'] });
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write(
    `GET /events?_after=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${text}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  await waitFor(async () => (await connections(tested)) === 1, { message: 'the connection is not open' });
  // The server sends what fits into the socket buffers, then waits.
  await sleep(2_500);
  assert.equal(await connections(tested), 1);
  return { ...tested, tokenId: Number(text.split('_')[1]) };
}

testOnBothDatabases('the stream of a client that does not read ends when its token is revoked', async (t) => {
  const tested = await stalledClient(t);
  await tested.store.tokens.revoke(tested.tokenId, ACTOR);
  tested.clock.now += 500;
  await waitFor(async () => (await connections(tested)) === 0, { message: 'the connection stays open' });
});

testOnBothDatabases('a stream ends after the client reads nothing for 30 seconds, and is logged', async (t) => {
  const tested = await stalledClient(t);
  tested.clock.now += 29_000;
  await sleep(1_200);
  assert.equal(await connections(tested), 1);
  tested.clock.now += 1_000;
  await waitFor(async () => (await connections(tested)) === 0, { message: 'the connection stays open' });
  const line = tested.log.find(({ msg }) => String(msg).startsWith('event stream ended'));
  assert.deepEqual([line?.msg, line?.tokenId], ['event stream ended: the client does not read', tested.tokenId]);
});

const DIFFER = { responsesDiffer: 'tokens and times are of the moment' };

for (const [becomes, change] of [
  ['belongs to no user', async () => undefined],
  ['belongs to another user', async ({ post }: TestApp) => assert.equal((await post('/users', JOHN)).statusCode, 201)],
] as const) {
  testOnBothDatabases(`the stream of a JWT ends when its address ${becomes}`, DIFFER, async (t) => {
    const tested = await jwtTestApp(t);
    const { app, issuer, patch, clock, status } = tested;
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const token = await issuer.sign(JOHNS);
    const events = await followEvents(url, token, { query: '?_after=0' });
    assert.equal((await nextEvent(events)).data.data.userId, 1);
    assert.equal((await patch('/users/1', { contactEmail: 'new@example.com' })).statusCode, 200);
    await change(tested);
    clock.now += 500;
    assert.equal(await status(token), 403);
    assert.equal((await patch('/users/1', { firstName: 'Secret' })).statusCode, 200);
    const sent = [];
    for await (const event of events) sent.push(event);
    assert.ok(!JSON.stringify(sent).includes('Secret'), 'the stream contains data that the token must not read');
  });
}

testOnBothDatabases('the stream of a JWT continues while it acts for the same user', DIFFER, async (t) => {
  const { app, issuer, clock, patch } = await jwtTestApp(t);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const events = await followEvents(url, await issuer.sign(JOHNS), { query: '?_after=0' });
  await nextEvent(events);
  clock.now += 5_000;
  await sleep(2_200);
  await patch('/users/1', { firstName: 'Jon' });
  assert.equal((await nextEvent(events)).event, 'user.updated');
  await events.return(undefined);
});
