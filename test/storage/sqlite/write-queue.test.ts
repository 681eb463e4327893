import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { StoreUnavailable } from '../../../src/domain/outcomes.ts';
import { WriteQueue } from '../../../src/storage/sqlite/write-queue.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const OPTIONS = { maxWaiting: 1000, maxGroup: 100, lockTimeoutMs: 1000, timeoutMs: 10_000, sync: () => undefined };

function openTable(t: TestContext): DatabaseSync {
  const db = new DatabaseSync(join(tempFolder(t), 'queue.db'));
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE kept (value TEXT UNIQUE) STRICT');
  t.after(() => db.close());
  return db;
}

function values(db: DatabaseSync): unknown[] {
  return db
    .prepare('SELECT value FROM kept ORDER BY rowid')
    .all()
    .map(({ value }) => value);
}

test('writes of one turn share a transaction, each with its own outcome', async (t) => {
  const db = openTable(t);
  const queue = new WriteQueue(db, OPTIONS);
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  const events: string[] = [];
  const keep = (...texts: string[]) => {
    const write = queue.run(() => {
      events.push('run');
      for (const text of texts) insert.run(text);
    });
    const fulfilled = () => events.push('fulfilled');
    write.then(fulfilled, fulfilled);
    return write;
  };
  await Promise.all([
    keep('first'),
    assert.rejects(keep('half of a failed write', 'twice', 'twice'), /UNIQUE/),
    keep('second'),
  ]);
  // Twice: together, and once more apart since one failed. Then all the responses.
  assert.deepEqual(events, ['run', 'run', 'run', 'run', 'run', 'fulfilled', 'fulfilled', 'fulfilled']);
  assert.deepEqual(values(db), ['first', 'second']);
});

test('when a failed group runs again, the log that another process has restarted meanwhile is synced first', async (t) => {
  const db = openTable(t);
  const events: string[] = [];
  let restarted = false;
  const queue = new WriteQueue(db, {
    ...OPTIONS,
    afterBegin: () => restarted,
    sync: () => {
      events.push('sync');
      restarted = false;
      return undefined;
    },
  });
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  const keep = (text: string) =>
    queue.run(() => {
      events.push(text);
      insert.run(text);
    });
  const first = keep('first');
  const failing = queue.run(() => {
    restarted = !events.includes('failed');
    events.push('failed');
    throw new Error('failed');
  });
  await Promise.all([first, assert.rejects(failing, /failed/)]);
  assert.deepEqual(events, ['first', 'failed', 'sync', 'first', 'failed', 'sync']);
  assert.deepEqual(values(db), ['first']);
});

test('after a sync of eight seconds, the next write does not wait for seconds', async (t) => {
  const db = openTable(t);
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const frozen = Promise.withResolvers<void>();
  const syncs = [frozen.promise, Promise.resolve()];
  const queue = new WriteQueue(db, { ...OPTIONS, sync: () => syncs.shift() });
  const group = Promise.all(['first', 'second'].map((value) => queue.run(() => insert.run(value))));
  await setImmediate();
  now = 8_000;
  frozen.resolve();
  await group;
  const stopped = new AbortController();
  const written = await Promise.race([
    queue.run(() => insert.run('third')).then(() => true),
    wait(2_000, false, { signal: stopped.signal }).catch(() => false),
  ]);
  stopped.abort();
  assert.ok(written, 'the write waited for more than two seconds');
});

test('a write is fulfilled after its commit is visible to others; a group is bounded', async (t) => {
  const db = openTable(t);
  const queue = new WriteQueue(db, { ...OPTIONS, maxGroup: 10 });
  const other = new DatabaseSync(db.location() as string);
  t.after(() => other.close());
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  const seen = await Promise.all(
    Array.from({ length: 35 }, (_, i) => queue.run(() => insert.run(String(i))).then(() => values(other).length)),
  );
  assert.deepEqual([...new Set(seen)], [10, 20, 30, 35]);
  assert.deepEqual(
    values(db),
    Array.from({ length: 35 }, (_, i) => String(i)),
  );
});

test('a lock is waited for again each time', async (t) => {
  const db = openTable(t);
  const queue = new WriteQueue(db, { ...OPTIONS, lockTimeoutMs: 1000 });
  const other = new DatabaseSync(db.location() as string);
  t.after(() => other.close());
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  for (const text of ['first', 'second']) {
    other.exec('BEGIN IMMEDIATE');
    const write = queue.run(() => db.prepare('INSERT INTO kept VALUES (?)').run(text));
    // The first try comes with the next turn of the event loop, and finds the lock taken.
    await setImmediate();
    await setImmediate();
    other.exec('COMMIT');
    await write;
    now += 5000;
  }
  assert.deepEqual(values(db), ['first', 'second']);
});

test('an input beyond the queue’s limit is rejected at once', async (t) => {
  const queue = new WriteQueue(openTable(t), { ...OPTIONS, maxWaiting: 3 });
  const waiting = [1, 2, 3].map((value) => queue.run(() => value));
  await assert.rejects(
    queue.run(() => 4),
    StoreUnavailable,
  );
  assert.deepEqual(await Promise.all(waiting), [1, 2, 3]);
});

test('a full disk rejects the writes that it hits and keeps exactly the acknowledged ones', async (t) => {
  const db = openTable(t);
  // SQLite's own limit stands in for the disk's: the error is the same.
  db.exec('PRAGMA max_page_count = 20');
  const queue = new WriteQueue(db, OPTIONS);
  const insert = db.prepare('INSERT INTO kept VALUES (?)');
  const texts = Array.from({ length: 300 }, (_, i) => String(i).padEnd(1000, 'x'));
  const outcomes = await Promise.allSettled(texts.map((text) => queue.run(() => insert.run(text))));
  const kept = texts.filter((_, i) => outcomes[i]?.status === 'fulfilled');
  assert.deepEqual(values(db), kept);
  const rejected = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.ok(rejected.length > 0);
  for (const { reason } of rejected) assert.ok(reason instanceof StoreUnavailable, String(reason));
  db.exec('PRAGMA max_page_count = 10000');
  await queue.run(() => insert.run('room again'));
  assert.ok(values(db).includes('room again'));
});

test('if the commit fails, every write of the group is rejected', async (t) => {
  const db = openTable(t);
  db.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT');
  db.exec('CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED) STRICT');
  const queue = new WriteQueue(db, OPTIONS);
  const outcomes = await Promise.allSettled([
    queue.run(() => db.prepare("INSERT INTO kept VALUES ('with the other')").run()),
    queue.run(() => db.prepare('INSERT INTO child VALUES (1)').run()),
  ]);
  for (const outcome of outcomes) {
    assert.equal(outcome.status, 'rejected');
    assert.ok(outcome.reason instanceof StoreUnavailable);
  }
  assert.deepEqual(values(db), []);
  await queue.run(() => db.prepare("INSERT INTO kept VALUES ('after it')").run());
  assert.deepEqual(values(db), ['after it']);
});
