import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Poller, type PollerOptions } from '../../src/workers/poller.ts';

/** A poller whose steps return what `results` holds, one after another, then false. Its timers are mocked. */
function startPoller(t: TestContext, results: (boolean | Error)[], options: Partial<PollerOptions> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log: string[] = [];
  const counts = { started: 0, running: 0, mostRunning: 0 };
  const logger = {
    info: (message: string) => log.push(message),
    warn: (_fields: object, message: string) => log.push(message),
  } as unknown as NonNullable<PollerOptions['logger']>;
  const step = async () => {
    counts.started++;
    counts.running++;
    counts.mostRunning = Math.max(counts.mostRunning, counts.running);
    await Promise.resolve();
    counts.running--;
    const result = results.shift() ?? false;
    if (result instanceof Error) throw result;
    return result;
  };
  const poller = new Poller({ name: 'test job', step, intervalMs: 1_000, retryMs: 5_000, logger, ...options });
  poller.start();
  /** Lets the timers run for some milliseconds, and everything that follows without a timer. */
  const advance = async (ms: number) => {
    t.mock.timers.tick(ms);
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  return { poller, log, counts, advance };
}

test('a poller runs a step an interval, and goes on at once while more work is waiting', async (t) => {
  const { counts, advance, poller } = startPoller(t, [true, true, false]);
  await advance(0);
  await advance(0);
  await advance(0);
  assert.equal(counts.started, 3);
  await advance(999);
  assert.equal(counts.started, 3);
  await advance(1);
  assert.equal(counts.started, 4);
  await poller.stop();
});

test('a poller logs the first failure of an outage and the recovery, and retries in between', async (t) => {
  const { counts, advance, poller, log } = startPoller(t, [
    new Error('down'),
    new Error('down'),
    false,
    new Error('x'),
  ]);
  await advance(0);
  for (const ms of [5_000, 5_000, 1_000]) await advance(ms);
  assert.equal(counts.started, 4);
  assert.deepEqual(log, ['test job failed; will retry', 'test job recovered', 'test job failed; will retry']);
  await poller.stop();
});

test('a poller that is woken during a step runs the next one at once, and never two at the same time', async (t) => {
  const { counts, advance, poller } = startPoller(t, []);
  poller.wake();
  poller.start();
  await advance(0);
  assert.deepEqual([counts.started, counts.mostRunning], [2, 1]);
  await poller.stop();
});

test('a poller without an interval runs only when it is started again', async (t) => {
  const { counts, advance, poller } = startPoller(t, [], { intervalMs: undefined, initialDelayMs: 10 } as never);
  await advance(9);
  assert.equal(counts.started, 0);
  await advance(1);
  await advance(1_000_000);
  assert.equal(counts.started, 1);
  poller.start();
  await advance(0);
  assert.equal(counts.started, 2);
  await poller.stop();
});

test('stop waits for the step in flight and starts no other', async (t) => {
  const { counts, poller } = startPoller(t, [true, true, true]);
  await poller.stop();
  assert.deepEqual([counts.started, counts.running], [1, 0]);
});
