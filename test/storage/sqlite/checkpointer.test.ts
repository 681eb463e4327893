import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Checkpointer } from '../../../src/storage/sqlite/checkpointer.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Bytes of one page in the log: the page and its header. */
const FRAME_BYTES = 4096 + 24;

test('under steady writing the log is carried into the file and begun anew', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  db.exec('CREATE TABLE kept (value TEXT) STRICT');
  const sizes = { start: 20, startInTime: 20, finish: 100 };
  const checkpointer = new Checkpointer(db, file, sizes);
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  let written = 0;
  let longest = 0;
  // Many times what the log may hold, a page a write at least. The thread takes its time to start.
  while (written < 60 * sizes.finish) {
    insert.run(String(written++).padEnd(4000, 'x'));
    checkpointer.startIfDue();
    longest = Math.max(longest, statSync(`${file}-wal`).size / FRAME_BYTES);
    await setImmediate();
  }
  await checkpointer.close();
  assert.ok(longest > sizes.start, `${longest} pages`);
  assert.ok(longest < written / 2, `of ${written} pages the log held ${longest} at a time`);
  // The other thread has let go of the file, and what it carried over is all there.
  db.close();
  const again = new DatabaseSync(file);
  assert.deepEqual({ ...again.prepare('SELECT count(*) AS n FROM kept').get() }, { n: written });
  assert.deepEqual({ ...again.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  again.close();
});

test('without anything to carry over no thread is started, and closing ends at once', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  const checkpointer = new Checkpointer(db, file);
  checkpointer.startIfDue();
  await checkpointer.close();
  db.close();
});
