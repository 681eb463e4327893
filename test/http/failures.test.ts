import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test as testOnSqlite } from 'node:test';
import { StoreUnavailable } from '../../src/domain/outcomes.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

testOnBothDatabases(
  'an internal error gets 500 without its cause, which the log has under the same request id',
  async (t) => {
    const { store, request, log } = await testApp(t);
    t.mock.method(store.users, 'get', () => Promise.reject(new Error('the cause')));
    const response = await request({ url: '/users/1' });
    assert.equal(response.statusCode, 500);
    assert.deepEqual(response.json(), {
      code: 'SERVER_ERROR',
      message: 'An unexpected error occurred. Please try again later',
      requestId: response.headers['x-request-id'],
    });
    const line = log.find(({ msg }) => msg === 'request failed') as { err: { message: string }; requestId: string };
    assert.equal(line.err.message, 'the cause');
    assert.equal(line.requestId, response.headers['x-request-id']);
  },
);

testOnBothDatabases(
  'while the database is unavailable, requests get 503 with Retry-After, and readiness fails',
  async (t) => {
    const { store, request, app } = await testApp(t);
    t.mock.method(store.users, 'get', () => Promise.reject(new StoreUnavailable('down')));
    t.mock.method(store, 'ping', () => Promise.reject(new StoreUnavailable('down')));
    for (const response of [await request({ url: '/users/1' }), await app.inject({ url: '/health/ready' })]) {
      assert.equal(response.statusCode, 503);
      assert.equal(response.headers['retry-after'], '1');
      assert.deepEqual(response.json(), {
        code: 'SERVICE_UNAVAILABLE',
        message: 'The service is temporarily unavailable. Please try again later',
        requestId: response.headers['x-request-id'],
      });
    }
    assert.equal((await app.inject({ url: '/health/live' })).statusCode, 200);
  },
);

testOnSqlite('writes beyond the queue limit get 503; queued writes succeed', async (t) => {
  const { post, file } = await testApp(t, { store: { maxWaiting: 4 } });
  await post('/users', JOHN); // makes the token, and notes its use, before the lock
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const responses = Array.from({ length: 10 }, (_, i) =>
    post('/users', { ...JOHN, contactEmail: `j${i}@example.com` }),
  );
  const rejected = await Promise.all(responses.slice(4));
  assert.deepEqual(
    rejected.map(({ statusCode }) => statusCode),
    Array.from({ length: 6 }, () => 503),
  );
  other.exec('COMMIT');
  other.close();
  const kept = await Promise.all(responses.slice(0, 4));
  assert.deepEqual(
    kept.map((response) => [response.statusCode, response.json().userId]),
    [2, 3, 4, 5].map((userId) => [201, userId]),
  );
});

testOnSqlite(
  'a write that waits for a locked database gets 503 after its timeout; reads succeed meanwhile',
  async (t) => {
    const { post, file, request } = await testApp(t, { store: { lockTimeoutMs: 50 } });
    await post('/users', JOHN);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const write = post('/users', { ...JOHN, contactEmail: 'other@example.com' });
    assert.equal((await request({ url: '/users/1' })).statusCode, 200);
    assert.equal((await write).statusCode, 503);
    other.exec('ROLLBACK');
    other.close();
    assert.equal((await post('/users', { ...JOHN, contactEmail: 'other@example.com' })).statusCode, 201);
  },
);
