import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { Checkpointer } from '../../../src/storage/sqlite/checkpointer.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Bytes of one page in the log: the page and its header. */
const FRAME_BYTES = 4096 + 24;

/** How often the log was restarted: its header has a counter (https://sqlite.org/fileformat2.html#walformat). */
function countRestarts(file: string): number {
  return readFileSync(`${file}-wal`).readUInt32BE(12);
}

test('under steady writes the log is checkpointed into the file and restarted', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  db.exec('CREATE TABLE kept (value TEXT) STRICT');
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 10_000 };
  const checkpointer = new Checkpointer(db, file, { sizes });
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  let written = 0;
  let longest = 0;
  const restartsBefore = countRestarts(file);
  // Each write is a page at least, and the log may hold `finish` pages. The thread takes some time to start.
  while (written < 60 * sizes.finish) {
    insert.run(String(written++).padEnd(4000, 'x'));
    checkpointer.startIfDue();
    longest = Math.max(longest, statSync(`${file}-wal`).size / FRAME_BYTES);
    await setImmediate();
  }
  assert.ok(countRestarts(file) > restartsBefore, 'the log was not restarted');
  await checkpointer.close();
  assert.ok(statSync(file).size > (written / 2) * 4096, 'the file has not grown');
  assert.ok(longest > sizes.start, `${longest} pages`);
  assert.ok(longest < written / 2, `the log held ${longest} of ${written} pages`);
  // The thread has closed the file, which has every row.
  db.close();
  const again = new DatabaseSync(file);
  assert.deepEqual({ ...again.prepare('SELECT count(*) AS n FROM kept').get() }, { n: written });
  assert.deepEqual({ ...again.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  again.close();
});

test('a log that a reader keeps large is logged once, and truncated after the reader ends', async (t) => {
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

test('with nothing to checkpoint no thread is started', async (t) => {
  const postMessage = t.mock.method(Worker.prototype, 'postMessage');
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  const checkpointer = new Checkpointer(db, file);
  checkpointer.startIfDue();
  await checkpointer.close();
  // A thread that is started gets a message at once.
  assert.equal(postMessage.mock.callCount(), 0);
  db.close();
});
