import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { StoreBusy, StoreUnavailable } from '../../../src/domain/outcomes.ts';
import { CallerSlots } from '../../../src/storage/sql/caller-slots.ts';

/** Reads that are ended by hand, in the order in which they began. */
function reads() {
  const begun: PromiseWithResolvers<string>[] = [];
  const read = () => {
    const one = Promise.withResolvers<string>();
    begun.push(one);
    return one.promise;
  };
  return { begun, read };
}

test('two lists of a caller are read at a time, eight wait for them, more are rejected', async () => {
  const slots = new CallerSlots();
  const { begun, read } = reads();
  const lists = Array.from({ length: 10 }, () => slots.run(1, read));
  await assert.rejects(slots.run(1, read), StoreUnavailable);
  assert.equal(begun.length, 2);
  begun[0]?.resolve('first');
  assert.equal(await lists[0], 'first');
  await turn();
  assert.equal(begun.length, 3);
  begun[1]?.reject(new Error('second'));
  await assert.rejects(lists[1] as Promise<string>, { message: 'second' });
  for (let i = 2; i < 10; i++) {
    await turn();
    begun[i]?.resolve('more');
  }
  await Promise.all(lists.slice(2));
  const again = slots.run(1, read);
  await turn();
  begun[10]?.resolve('again');
  assert.equal(await again, 'again');
});

test('a list waits ten seconds for others of its caller', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const slots = new CallerSlots();
  const releases = [await slots.acquire(1), await slots.acquire(1)];
  const [first, second] = [slots.acquire(1), slots.acquire(1)];
  t.mock.timers.tick(9_999);
  releases[0]?.();
  releases.push(await first);
  t.mock.timers.tick(1);
  await assert.rejects(second, StoreBusy);
  for (const release of releases.slice(1)) release();
  const again = [await slots.acquire(1), await slots.acquire(1)];
  for (const release of again) release();
});

test('callers do not limit each other, and the service itself is not limited', async () => {
  const slots = new CallerSlots();
  const { begun, read } = reads();
  const callers = [...Array(10).fill(1), 2, 'jwt:2', ...Array(20).fill(undefined)];
  const lists = callers.map((caller) => slots.run(caller, read));
  await turn();
  assert.equal(begun.length, 2 + 1 + 1 + 20);
  for (let i = 0; i < callers.length; i++) {
    begun[i]?.resolve('done');
    await turn();
  }
  await Promise.all(lists);
});
