import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { whyNotTraceable } from './strace.ts';
import { traceLoad, weakenSync } from './traced-load.ts';

// A killed process leaves the kernel's cache alone, a power cut does not: only the order of system calls shows that
// what is acknowledged is on disk.

test('every 201 is sent after its own row is synced to the log', { timeout: 60_000 }, async (t) => {
  if (cannotTrace(t)) return;
  const { acknowledged, order } = await traceLoad(t);
  assert.deepEqual(
    order.acknowledged.toSorted(),
    acknowledged.toSorted(),
    'the trace shows other responses than the client got',
  );
  assert.deepEqual(order.violations, []);
  t.diagnostic(`${order.acknowledged.length} responses, ${order.syncs} syncs`);
});

for (const how of ['left out', 'left out of batches', 'not waited for'] as const) {
  test(`if the sync is ${how}, the check of every row fails`, { timeout: 60_000 }, async (t) => {
    if (cannotTrace(t)) return;
    const { acknowledged, order } = await traceLoad(t, weakenSync(how));
    assert.deepEqual(
      order.acknowledged.toSorted(),
      acknowledged.toSorted(),
      'the trace shows other responses than the client got',
    );
    assert.notDeepEqual(order.violations, [], 'is the sync weakened at all? See weaken-sync.ts');
    t.diagnostic(`${order.violations.length} of ${order.acknowledged.length} responses were sent too early`);
  });
}

/** Skips the test on a machine without strace, except in CI, where it must not go unnoticed. */
function cannotTrace(t: TestContext): boolean {
  const reason = whyNotTraceable();
  if (reason === undefined) return false;
  assert.ok(!process.env.CI, `CI must check durability, and ${reason}`);
  t.skip(`DURABILITY WAS NOT CHECKED: ${reason}`);
  return true;
}
