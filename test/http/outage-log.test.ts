import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { StoreBusy, StoreUnavailable } from '../../src/domain/outcomes.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { waitFor } from '../support/wait-for.ts';

testOnBothDatabases('a database outage is logged at its start and at its end only', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { app, store, request, log, clock } = await testApp(t);
  await request({ url: '/users/1' });
  const check = async () => {
    t.mock.timers.tick(1_000);
    for (let i = 0; i < 100; i++) await turn();
  };
  const lines = () =>
    log
      .filter(({ msg }) => msg !== 'request')
      .map(({ msg, level, failedRequests, durationMs }) => ({ msg, level, failedRequests, durationMs }));
  const fail = () => Promise.reject(new StoreUnavailable('down'));
  const down = [t.mock.method(store.users, 'get', fail), t.mock.method(store, 'ping', fail)];
  for (let i = 0; i < 3; i++) {
    assert.equal((await request({ url: '/users/1' })).statusCode, 503);
    assert.equal((await app.inject({ url: '/health/ready' })).statusCode, 503);
    await check();
  }
  // No request arrives now, but the outage continues.
  await check();
  const begun = {
    msg: 'database unavailable; requests get 503',
    level: 40,
    failedRequests: undefined,
    durationMs: undefined,
  };
  assert.deepEqual(lines(), [begun]);
  const [{ err, requestId } = {}] = log.filter(({ msg }) => msg === begun.msg);
  assert.equal((err as Error).message, 'down');
  assert.match(String(requestId), /^req-/);
  clock.now += 5_000;
  for (const { mock } of down) mock.restore();
  assert.equal((await request({ url: '/users/1' })).statusCode, 404);
  await check();
  await waitFor(() => lines().length === 2, { message: 'the end of the outage is not logged' });
  const ended = { msg: 'database available again', level: 30, failedRequests: 6, durationMs: 5_000 };
  assert.deepEqual(lines(), [begun, ended]);
  // The next failure is a new outage.
  t.mock.method(store.users, 'get', fail);
  await request({ url: '/users/1' });
  assert.deepEqual(lines(), [begun, ended, begun]);
});

testOnBothDatabases('a single failed request is logged individually', async (t) => {
  const { store, request, log } = await testApp(t);
  t.mock.method(store.users, 'get', () => Promise.reject(new StoreBusy('too many are waiting')));
  const responses = [await request({ url: '/users/1' }), await request({ url: '/users/1' })];
  assert.deepEqual(
    responses.map(({ statusCode }) => statusCode),
    [503, 503],
  );
  const failed = log.filter(({ msg }) => msg !== 'request');
  assert.deepEqual(
    failed.map(({ msg, requestId }) => [msg, requestId]),
    responses.map(({ headers }) => ['request failed', headers['x-request-id']]),
  );
});
