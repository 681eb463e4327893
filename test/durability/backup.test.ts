import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { percentile, runBackupRounds } from './backup-rounds.ts';

const ROUNDS = 2;

test('a backup under load is restored with every user acknowledged before it', { timeout: 120_000 }, async (t) => {
  const options = { folder: tempFolder(t), rounds: ROUNDS, thousands: 5, quietMs: 300 };
  const { violations, quiet, during, rounds, acknowledged } = await runBackupRounds(options);
  assert.deepEqual(violations, [], 'for longer: npm run torture -- --backup');
  assert.ok(rounds === ROUNDS && acknowledged > 100 && during.length > 0, 'there was next to no load');
  t.diagnostic(`99 % within ${percentile(quiet, 0.99)} ms, during backups within ${percentile(during, 0.99)} ms`);
});
