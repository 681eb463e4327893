import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../durability/random.ts';
import { FAILURE_KINDS } from './failures.ts';
import { planFailures } from './schedule.ts';

/** The names and targets of the first failures. */
function plan(seed: number, count: number): string[] {
  return planFailures(seededRandom(seed))
    .take(count)
    .map(({ kind, target, durationMs, gapMs }) => `${kind.name}: ${target}, ${durationMs} ms after ${gapMs} ms`)
    .toArray();
}

test('a seed determines the failures', () => {
  assert.deepEqual(plan(1, 50), plan(1, 50));
  assert.notDeepEqual(plan(1, 50), plan(2, 50));
});

test('every kind of failure comes once before one is repeated', () => {
  const kinds = FAILURE_KINDS.map(({ name }) => name).sort();
  const names = planFailures(seededRandom(3))
    .take(2 * kinds.length)
    .map(({ kind }) => kind.name)
    .toArray();
  assert.deepEqual(names.slice(0, kinds.length).sort(), kinds);
  assert.deepEqual(names.slice(kinds.length).sort(), kinds);
});
