import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/outcomes.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { tempFolder } from '../../support/temp-folder.ts';

test('workers without work take no lock on the file', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const store = openSqliteStore({ file, clock: () => 0, lockTimeoutMs: 10 });
  t.after(() => store.close());
  const other = new DatabaseSync(file);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  assert.equal(await store.emails.enqueue(['reminder', 'confirmation']), false);
  assert.deepEqual(await store.emails.claim(10), []);
  assert.equal(await store.deliveries.enqueue(), false);
  assert.equal((await store.tasks.recordReminders()).reminded, 0);
  // The lock is held indeed.
  await assert.rejects(store.emails.prune(), StoreUnavailable);
  other.exec('COMMIT');
});
