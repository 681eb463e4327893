import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiEvent } from '../../client/src/index.ts';
import { clientApp } from '../support/client.ts';
import { JOHN } from '../support/examples.ts';
import { startUnreliableProxy } from '../support/unreliable-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

/** The next event of a stream. */
async function next(events: AsyncGenerator<ApiEvent>): Promise<string> {
  const { value, done } = await events.next();
  assert.ok(!done, 'the stream has ended');
  return `${value.type} ${'firstName' in value.data ? value.data.firstName : ''}`;
}

test('events.follow skips and repeats nothing when connections are lost and rejected', async (t) => {
  const { url, api: direct, connect, waits } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const api = connect({ baseUrl: proxy.url });
  await direct.users.create(JOHN);
  const controller = new AbortController();
  const events = api.events.follow({ signal: controller.signal });
  const first = next(events);
  // The client knows the end of the feed when it requests the stream.
  await waitFor(() => proxy.requests === 2, { message: 'the client has not requested the stream' });
  await direct.users.update(1, { firstName: 'Ada' });
  assert.equal(await first, 'user.updated Ada');
  for (const firstName of ['Grace', 'Mary']) {
    proxy.failures = ['rejected-503', 'cut-before', 'rejected-429'];
    proxy.cut();
    await direct.users.update(1, { firstName });
    assert.equal(await next(events), `user.updated ${firstName}`);
  }
  assert.ok(waits.includes(3_000), 'it does not wait for Retry-After');
  const last = events.next();
  controller.abort();
  assert.deepEqual(await last, { value: undefined, done: true });
});

test('events.follow continues after a given event', async (t) => {
  const { api } = await clientApp(t);
  for (const n of [1, 2, 3])
    await api.users.create({ ...JOHN, firstName: `User${n}`, contactEmail: `u${n}@example.com` });
  const [{ sequence = 0 } = {}, ...others] = await Array.fromAsync(api.events.list({ perPage: 1 }));
  const events = api.events.follow({ after: sequence });
  assert.equal(await next(events), 'user.created User2');
  assert.equal(await next(events), 'user.created User3');
  await events.return();
  assert.equal(others.length, 2);
  assert.equal(await api.events.last(), others.at(-1)?.sequence);
});

test('after events have expired, events.follow calls onExpired and continues from there', async (t) => {
  const { api, store, clock } = await clientApp(t);
  await api.users.create(JOHN);
  clock.now += 1;
  await api.users.update(1, { firstName: 'Never seen' });
  clock.now += 1;
  await api.users.update(1, { firstName: 'Loaded' });
  while (await store.changes.prune(clock.now));

  await assert.rejects(api.events.follow({ after: 1 }).next(), { code: 'EVENTS_EXPIRED', status: 410 });
  const loaded: string[] = [];
  const onExpired = async () => {
    loaded.push((await api.users.get(1)).firstName);
    // What happens while the copy is loaded is an event after it.
    await api.users.update(1, { firstName: 'Grace' });
  };
  const events = api.events.follow({ after: 1, onExpired });
  assert.equal(await next(events), 'user.updated Grace');
  assert.deepEqual(loaded, ['Loaded']);
  await events.return();
});

test('events.follow ends with an error when the token is revoked', async (t) => {
  const { api, connect } = await clientApp(t);
  await api.users.create(JOHN);
  const { token, tokenId } = await api.tokens.create({ name: 'reader', scopes: ['users:read'] });
  const events = connect({ token: token ?? '' }).events.follow({ after: 0 });
  assert.equal(await next(events), 'user.created John');
  const ended = events.next();
  await api.tokens.revoke(tokenId);
  // An open stream notices it at its next event.
  await api.users.update(1, { firstName: 'Ada' });
  await assert.rejects(ended, { code: 'UNAUTHORIZED' });
});
