import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Checkpointer } from '../../../src/storage/sqlite/checkpointer.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Bytes of one page in the log: the page and its header. */
const FRAME_BYTES = 4096 + 24;

test('under steady writing the log is carried into the file and begun anew', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  db.exec('CREATE TABLE kept (value TEXT) STRICT');
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 10_000 };
  const checkpointer = new Checkpointer(db, file, { sizes });
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

test('a log that a reader keeps large is logged once, and truncated when the reader is gone', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  db.exec('CREATE TABLE kept (value TEXT) STRICT');
  const log: [level: string, message: string][] = [];
  const logger = {
    warn: (_: object, message: string) => log.push(['warn', message]),
    info: (_: object, message: string) => log.push(['info', message]),
  } as unknown as Logger;
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 400 };
  const checkpointer = new Checkpointer(db, file, { sizes, logger });
  t.after(async () => {
    await checkpointer.close();
    db.close();
  });
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  let written = 0;
  const write = async () => {
    insert.run(String(written++).padEnd(4000, 'x'));
    checkpointer.startIfDue();
    await setImmediate();
  };
  const size = () => statSync(`${file}-wal`).size;
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT count(*) FROM kept');
  while (size() < 2 * sizes.large * FRAME_BYTES) await write();
  assert.deepEqual(
    log.map(([level]) => level),
    ['warn'],
  );
  assert.match(log[0]?.[1] ?? '', /^write-ahead log is large/);
  reader.close();
  while (size() >= sizes.large * FRAME_BYTES) await write();
  while (log.length < 2) await write();
  assert.deepEqual(log[1], ['info', 'write-ahead log truncated']);
  assert.deepEqual({ ...db.prepare('SELECT count(*) AS n FROM kept').get() }, { n: written });
  // It may grow again, which is logged again.
  const again = new DatabaseSync(file, { readOnly: true });
  again.exec('BEGIN; SELECT count(*) FROM kept');
  while (log.length < 3) await write();
  assert.equal(log[2]?.[0], 'warn');
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
