import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from './wait-for.ts';

test('waitFor polls until the condition holds, and resolves with its value', async () => {
  let calls = 0;
  const value = await waitFor(() => (++calls < 3 ? undefined : `call ${calls}`), {
    message: 'never called three times',
  });
  assert.equal(value, 'call 3');
});

test('waitFor rejects with its message when the time is up', async () => {
  await assert.rejects(
    waitFor(async () => false, { timeoutMs: 20, message: 'the light stays off' }),
    {
      name: 'AssertionError',
      message: 'the light stays off (waited 20 ms)',
    },
  );
});
