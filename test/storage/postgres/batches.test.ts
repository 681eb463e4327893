import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/outcomes.ts';
import { Batches } from '../../../src/storage/postgres/batches.ts';

const OPTIONS = { maxWaiting: 100, maxBatch: 10, maxInFlight: 1 };

/** An error response of the server, as pg represents it. */
function serverError(code: string): Error {
  return Object.assign(new Error(`error ${code}`), { code });
}

test('concurrent inputs share batches of a bounded size, and each gets its own outcome', async () => {
  const sizes: number[] = [];
  const batches = new Batches<number, number>(async (inputs) => {
    sizes.push(inputs.length);
    return inputs.map((input) => 2 * input);
  }, OPTIONS);
  const inputs = Array.from({ length: 25 }, (_, i) => i);
  assert.deepEqual(
    await Promise.all(inputs.map((input) => batches.add(input))),
    inputs.map((input) => 2 * input),
  );
  assert.deepEqual(sizes, [10, 10, 5]);
});

test('an input that the server rejects does not fail the others of its batch', async () => {
  const batches = new Batches<number, number>(async (inputs) => {
    if (inputs.includes(2)) throw serverError('22P02');
    return inputs;
  }, OPTIONS);
  const outcomes = await Promise.allSettled([1, 2, 3].map((input) => batches.add(input)));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('a batch with an unknown outcome fails and is not retried', async () => {
  let sent = 0;
  const batches = new Batches<number, number>(async () => {
    sent++;
    throw new StoreUnavailable('the connection was lost', { cause: new Error('ECONNRESET') });
  }, OPTIONS);
  const outcomes = await Promise.allSettled([1, 2, 3].map((input) => batches.add(input)));
  for (const outcome of outcomes)
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailable);
  assert.equal(sent, 1);
});

test('a batch that is rolled back by a deadlock is retried a few times', async () => {
  let sent = 0;
  const fails = (times: number) =>
    new Batches<number, number>(async (inputs) => {
      sent++;
      if (sent <= times) throw new StoreUnavailable('taken back', { cause: serverError('40P01') });
      return inputs;
    }, OPTIONS);
  assert.equal(await fails(2).add(7), 7);
  assert.equal(sent, 3);
  sent = 0;
  await assert.rejects(fails(100).add(7), StoreUnavailable);
  assert.equal(sent, 4);
});

test('an input beyond the queue’s limit is rejected at once', async () => {
  const batches = new Batches<number, number>(async (inputs) => inputs, { ...OPTIONS, maxWaiting: 3 });
  const waiting = [1, 2, 3].map((input) => batches.add(input));
  await assert.rejects(batches.add(4), StoreUnavailable);
  assert.deepEqual(await Promise.all(waiting), [1, 2, 3]);
});
