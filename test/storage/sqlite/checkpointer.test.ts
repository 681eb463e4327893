import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { Checkpointer, type CheckpointerOptions } from '../../../src/storage/sqlite/checkpointer.ts';
import { openDatabase, openReader } from '../../../src/storage/sqlite/database.ts';
import { tempFolder } from '../../support/temp-folder.ts';

interface Options extends Pick<CheckpointerOptions, 'sizes' | 'logger'> {
  /** Whether a read transaction is open on the connection that writes while it is paused. */
  readWhilePaused?: boolean;
}

/** Opens both connections of a store, and a checkpointer whose pauses `write` heeds. */
async function openCheckpointed(t: TestContext, { sizes, logger, readWhilePaused = false }: Options = {}) {
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  db.exec('CREATE TABLE kept (value TEXT) STRICT');
  db.exec('PRAGMA synchronous = NORMAL');
  const reading = openReader(file);
  let resumed = Promise.withResolvers<void>();
  resumed.resolve();
  let pauses = 0;
  const checkpointer = new Checkpointer({ writing: db, reading }, file, {
    ...(sizes && { sizes }),
    logger,
    pause: async () => {
      pauses++;
      resumed = Promise.withResolvers();
      if (readWhilePaused) db.exec('BEGIN; SELECT count(*) FROM kept');
    },
    resume: () => {
      if (readWhilePaused) db.exec('ROLLBACK');
      resumed.resolve();
    },
    onSyncFailure: assert.fail,
  });
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  const log = await open(`${file}-wal`, 'r+');
  let written = 0;
  const write = async () => {
    await resumed.promise;
    checkpointer.beforeTransaction();
    insert.run(String(written++).padEnd(4000, 'x'));
    await log.datasync();
  };
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await log.close();
    await checkpointer.close();
    reading.close();
    db.close();
  };
  t.after(close);
  return { file, db, reading, checkpointer, write, close, pauses: () => pauses, written: () => written };
}

/** Bytes of one page in the log: the page and its header. */
const FRAME_BYTES = 4096 + 24;

/** How often the log was restarted: its header has a counter (https://sqlite.org/fileformat2.html#walformat). */
function countRestarts(file: string): number {
  return readFileSync(`${file}-wal`).readUInt32BE(12);
}

test('under steady writes the log is checkpointed into the file and restarted', async (t) => {
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 10_000 };
  const { file, write, close, written, pauses } = await openCheckpointed(t, { sizes });
  let longest = 0;
  const restartsBefore = countRestarts(file);
  // The thread takes some time to start.
  while (countRestarts(file) === restartsBefore) await write();
  // Each write is a page at least, and the log may hold `finish` pages.
  const enough = 20 * Math.max(sizes.finish, written());
  while (written() < enough) {
    await write();
    longest = Math.max(longest, statSync(`${file}-wal`).size / FRAME_BYTES);
  }
  assert.ok(pauses() > 0, 'writes were not paused');
  await close();
  // The thread has closed the file, which has every row.
  assert.ok(statSync(file).size > (written() / 2) * 4096, 'the file has not grown');
  assert.ok(longest > sizes.start, `${longest} pages`);
  assert.ok(longest < written() / 2, `the log held ${longest} of ${written()} pages`);
  const again = new DatabaseSync(file);
  assert.deepEqual({ ...again.prepare('SELECT count(*) AS n FROM kept').get() }, { n: written() });
  assert.deepEqual({ ...again.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  again.close();
});

test('a log that a reader keeps large is logged once, and truncated after the reader ends', async (t) => {
  const log: [level: string, message: string][] = [];
  const logger = {
    warn: (_: object, message: string) => log.push(['warn', message]),
    info: (_: object, message: string) => log.push(['info', message]),
  } as unknown as Logger;
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 400 };
  const { file, db, write, written } = await openCheckpointed(t, { sizes, logger });
  const size = () => statSync(`${file}-wal`).size;
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT count(*) FROM kept');
  while (size() < 2 * sizes.large * FRAME_BYTES || log.length === 0) await write();
  assert.deepEqual(
    log.map(([level]) => level),
    ['warn'],
  );
  assert.match(log[0]?.[1] ?? '', /^write-ahead log is large/);
  reader.close();
  while (size() >= sizes.large * FRAME_BYTES) await write();
  while (log.length < 2) await write();
  assert.deepEqual(log[1], ['info', 'write-ahead log truncated']);
  assert.deepEqual({ ...db.prepare('SELECT count(*) AS n FROM kept').get() }, { n: written() });
  // It may grow again, which is logged again.
  const again = new DatabaseSync(file, { readOnly: true });
  again.exec('BEGIN; SELECT count(*) FROM kept');
  while (log.length < 3) await write();
  assert.equal(log[2]?.[0], 'warn');
  again.close();
});

test('while a reader keeps the log from restarting, writes are paused once a second at most', async (t) => {
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 100_000 };
  const { file, write, pauses } = await openCheckpointed(t, { sizes });
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT count(*) FROM kept');
  const startedAt = performance.now();
  while (statSync(`${file}-wal`).size < 3_000 * FRAME_BYTES) await write();
  const seconds = (performance.now() - startedAt) / 1000;
  assert.ok(pauses() > 0 && pauses() <= 1 + seconds, `${pauses()} pauses in ${seconds} s`);
  reader.close();
});

test('reads that share a transaction go on while writes are paused for a checkpoint', async (t) => {
  const sizes = { start: 20, startAfterInterval: 20, finish: 100, large: 10_000 };
  const { file, write, pauses } = await openCheckpointed(t, { sizes, readWhilePaused: true });
  while (pauses() === 0) await write();
  const restarts = countRestarts(file);
  await write();
  assert.ok(countRestarts(file) > restarts);
});

test('when all pages are in the file, the log is restarted with one page, to be synced before the next', async (t) => {
  const { file, db, reading, checkpointer, write } = await openCheckpointed(t);
  await write();
  await write();
  assert.equal(checkpointer.beforeTransaction(), false);
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  const restarts = countRestarts(file);
  const before = db.prepare('PRAGMA integrity_check').get();
  assert.equal(checkpointer.isRestarted(), false);
  assert.equal(checkpointer.beforeTransaction(), true);
  assert.equal(checkpointer.isRestarted(), true);
  assert.ok(countRestarts(file) > restarts);
  // One page, so that a power failure leaves either the old log or an empty one.
  assert.deepEqual(Object.values(reading.prepare('PRAGMA wal_checkpoint(NOOP)').get() ?? {}), [0, 1, 0]);
  assert.equal(checkpointer.beforeTransaction(), false);
  assert.deepEqual(db.prepare('PRAGMA integrity_check').get(), before);
  assert.equal(db.prepare('PRAGMA synchronous').get()?.synchronous, 1);
});

test('if two processes restart the log at once, it has one page', async (t) => {
  const { file, db, reading, checkpointer, write } = await openCheckpointed(t);
  const other = new DatabaseSync(file);
  other.exec('PRAGMA synchronous = NORMAL');
  const otherReading = openReader(file);
  t.after(() => {
    otherReading.close();
    other.close();
  });
  const options = { pause: async () => {}, resume: () => {}, onSyncFailure: assert.fail };
  const otherCheckpointer = new Checkpointer({ writing: other, reading: otherReading }, file, options);
  await write();
  await write();
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  // The other process has seen that the log can be restarted, and then this one restarts it.
  const exec = other.exec.bind(other);
  const interrupted = t.mock.method(other, 'exec', (sql: string) => {
    interrupted.mock.restore();
    assert.equal(checkpointer.beforeTransaction(), true);
    exec(sql);
  });
  assert.equal(otherCheckpointer.beforeTransaction(), false);
  assert.deepEqual(Object.values(reading.prepare('PRAGMA wal_checkpoint(NOOP)').get() ?? {}), [0, 1, 0]);
  assert.equal(otherCheckpointer.isRestarted(), true);
  assert.equal(other.prepare('PRAGMA synchronous').get()?.synchronous, 1);
});

test('with nothing to checkpoint no thread is started', async (t) => {
  const postMessage = t.mock.method(Worker.prototype, 'postMessage');
  const { write, close } = await openCheckpointed(t);
  await write();
  await close();
  // A thread that is started gets a message at once.
  assert.equal(postMessage.mock.callCount(), 0);
});
