import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { batchApp, newTask } from '../support/batch-app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

testOnBothDatabases('a batch counts as one request and one more for every 10 items', async (t) => {
  const { send, users, token, clock } = await batchApp(t, { plans: 'small=12/100' });
  const text = await token({ plan: 'small' });
  const batch = (count: number, body: (i: number) => object = (i) => newTask(users[0], `${i}`)) =>
    send('POST', '/tasks/batch', { tasks: Array.from({ length: count }, (_, i) => body(i)) }, {}, text);
  const left = (response: LightMyRequestResponse) => Number(response.headers['x-ratelimit-remaining']);
  assert.equal(left(await batch(9)), 11);
  assert.equal(left(await batch(10)), 9);
  const invalid = await batch(25, () => ({}));
  assert.deepEqual([invalid.statusCode, left(invalid)], [400, 6], 'invalid items count as well');
  const rejected = await batch(100);
  assert.equal(rejected.statusCode, 429);
  assert.deepEqual([left(rejected), rejected.headers['retry-after']], [5, '60']);
  assert.equal(
    rejected.json().message,
    'Rate limit exceeded. Try again in 60 seconds. The items of this batch count as 10 requests',
  );
  assert.equal(left(await batch(40)), 0);
  clock.now += 60_000;
  assert.equal(left(await batch(110)), 0);
  assert.equal((await batch(1)).statusCode, 429);
  // 26 of the day's requests are used. The window that is long enough decides when to try again.
  for (let minute = 0; minute < 6; minute++) {
    clock.now += 60_000;
    await batch(110);
  }
  clock.now += 60_000;
  const day = await batch(110);
  assert.equal(day.statusCode, 429);
  assert.equal(Number(day.headers['retry-after']), (86_400_000 - (clock.now % 86_400_000)) / 1000);
});
