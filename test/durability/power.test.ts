import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { skipWithoutCompiler } from './disk.ts';
import { runPowerRounds } from './power-rounds.ts';
import { weakenSync } from './traced-load.ts';

const ROUNDS = 6;

test('after a power failure, everyone who was acknowledged or shown is there', { timeout: 120_000 }, async (t) => {
  if (skipWithoutCompiler(t)) return;
  const seed = randomInt(2 ** 31);
  const { violations, ...counts } = await runPowerRounds({ folder: tempFolder(t), rounds: ROUNDS, seed });
  assert.deepEqual(violations, [], `again: npm run torture -- --power --rounds ${ROUNDS} --seed ${seed}`);
  t.diagnostic(`${JSON.stringify(counts)}, seed ${seed}`);
  assert.ok(counts.acknowledged >= ROUNDS, 'there was next to no load');
});

for (const [how, found] of [
  ['left out', /^lost: /],
  ['left out of batches', /^lost: /],
  ['shown early', /^shown, but not there/],
] as const) {
  test(`with a sync that is ${how}, the check finds it`, { timeout: 120_000 }, async (t) => {
    if (skipWithoutCompiler(t)) return;
    const options = { folder: tempFolder(t), rounds: 20, seed: 1, worst: true, env: weakenSync(how) };
    const { violations } = await runPowerRounds(options);
    assert.ok(
      violations.some((violation) => found.test(violation)),
      violations.slice(0, 5).join('\n'),
    );
  });
}
