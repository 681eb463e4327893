import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { runKillRounds } from './kill-rounds.ts';

const ROUNDS = 5;

test('no acknowledged user is lost when the server is killed under load', { timeout: 120_000 }, async (t) => {
  const seed = randomInt(2 ** 31);
  const databaseFile = join(tempFolder(t), 'kill.db');
  const { violations, ...counts } = await runKillRounds({ databaseFile, rounds: ROUNDS, seed });
  const again = `npm run torture -- --rounds ${ROUNDS} --seed ${seed}`;
  assert.deepEqual(violations, [], `to kill at the same times again: ${again}`);
  t.diagnostic(`${JSON.stringify(counts)}, seed ${seed}`);
  // Otherwise nothing was put to the test.
  assert.ok(counts.acknowledged >= ROUNDS && counts.rejected > 0, 'there was next to no load');
});
