import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../src/http/turns.ts';

test('each turn of the event loop serves one caller', async () => {
  const turns = new Turns();
  const counts: number[] = [];
  let inTurn = 0;
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      await turns.next();
      counts.push(++inTurn);
      setImmediate(() => inTurn--);
    }),
  );
  assert.deepEqual(counts, Array(10).fill(1));
});
