import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogSync } from '../../../src/storage/sqlite/log-sync.ts';
import { tempFolder } from '../../support/temp-folder.ts';

test('closing waits for the sync that is running and for the one that follows it', async (t) => {
  const log = join(tempFolder(t), 'test.db-wal');
  writeFileSync(log, 'log');
  const failures: Error[] = [];
  const sync = new LogSync(log, (error) => failures.push(error));
  const ended: string[] = [];
  const running = sync.sync()?.then(() => ended.push('running'));
  const next = sync.sync()?.then(() => ended.push('next'));
  await sync.close();
  assert.deepEqual(ended, ['running', 'next']);
  await Promise.all([running, next]);
  assert.deepEqual(failures, []);
});
