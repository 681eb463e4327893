import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { EventsPruned } from '../../../src/domain/changes.ts';
import { StoreUnavailable } from '../../../src/domain/outcomes.ts';
import type { Store } from '../../../src/domain/store.ts';
import { createPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { ACTOR } from '../../support/created.ts';
import { run, skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';

const WRITERS = 64;
/** Some seconds' work; `EVENTS=1000000` takes some minutes. */
const EVENTS = Number(process.env.EVENTS ?? 6_000);

const clock = () => 1_700_000_000_000;

function newUser(n: number) {
  const contactEmail = `user${n}@example.com`;
  return { firstName: 'John', lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
}

test('a reader that resumes at its last sequence neither misses nor repeats an entry, with 64 writers on two processes', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  const stores = [1, 2, 3].map(() => createPostgresStore({ url, clock, onError: () => undefined }));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  const [one, two, reading] = stores as [Store, Store, Store];

  let started = 0;
  let writing = true;
  const writer = async (store: Store) => {
    while (started < EVENTS) {
      const n = started++;
      const created = await store.users.create(newUser(n), ACTOR);
      assert.ok(typeof created !== 'symbol');
      // Some with transactions of their own, which take a number and commit in any order.
      if (n % 3 === 0) await store.users.update(created.item.userId, { firstName: `J${n}` }, ACTOR);
    }
  };
  const reader = async () => {
    const seen: number[] = [];
    for (let after = 0, ended = false; ; ) {
      const wasWriting = writing;
      const page = await reading.changes.read({ after, limit: 500 });
      assert.ok(page !== EventsPruned);
      seen.push(...page.changes.map(({ sequence }) => sequence));
      after = page.upTo;
      if (ended && !page.more) return seen;
      ended = !wasWriting;
    }
  };
  const [, seen] = await Promise.all([
    Promise.all(Array.from({ length: WRITERS }, (_, i) => writer(i % 2 === 0 ? one : two))).finally(() => {
      writing = false;
    }),
    reader(),
  ]);
  assert.equal(new Set(seen).size, seen.length, 'none is repeated');
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  const expected = EVENTS + Math.ceil(EVENTS / 3);
  // The last writers may have begun together.
  assert.ok(seen.length >= expected, `${seen.length} of ${expected}`);
  const all = await one.changes.list({
    ...{ filter: {}, from: { offset: 0 }, limit: 1, count: true },
    sort: [{ field: 'sequence', descending: false }],
  });
  assert.equal(seen.length, all.total, 'none is missed');
});

test('a reader waits for transactions in flight that may add earlier entries', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  const store = createPostgresStore({ url, clock, onError: () => undefined });
  t.after(() => store.close());
  const insert = (n: number) =>
    `INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
       VALUES ('a', 'b', '${n}', '${n}', 0, 0);
     INSERT INTO changes (at, type, actor, user_id) VALUES (0, 'user.created', 'test', ${n});`;
  const slow = new pg.Client({ connectionString: url });
  await slow.connect();
  await slow.query(`BEGIN; ${insert(1)}`);
  await run(url, insert(2));
  await assert.rejects(store.changes.read({ after: 0, limit: 10 }), StoreUnavailable);
  await slow.query('COMMIT');
  await slow.end();
  const late = await store.changes.read({ after: 0, limit: 10 });
  assert.ok(late !== EventsPruned);
  assert.deepEqual(
    late.changes.map(({ userId }) => userId),
    [1, 2],
  );
});

test('without new entries, the workers take no locks and write nothing', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  const store = createPostgresStore({ url, clock, onError: () => undefined });
  t.after(() => store.close());
  await store.users.create(newUser(1), ACTOR);
  assert.equal(await store.emails.enqueue(['confirmation']), false);
  const webhook = { url: 'https://example.com/', events: ['user.created'], description: null, enabled: true };
  await store.webhooks.create({ ...webhook, secret: new Uint8Array() }, ACTOR);
  await store.emails.enqueue(['confirmation']);
  await store.deliveries.enqueue();
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  try {
    // Reading is let through.
    await other.query('BEGIN; LOCK TABLE consumers IN EXCLUSIVE MODE');
    assert.equal(await store.emails.enqueue(['confirmation']), false);
    assert.equal(await store.deliveries.enqueue(), false);
  } finally {
    // The lock goes with the connection.
    await other.end();
  }
});

test('a transaction in another database does not hold the high-water mark back', async (t) => {
  if (skipWithoutPostgres(t)) return;
  // Both are copies of one template, so their tables have the same OIDs.
  const [url, otherUrl] = [await testDatabase(t), await testDatabase(t)];
  const store = createPostgresStore({ url, clock, onError: () => undefined });
  t.after(() => store.close());
  const other = new pg.Client({ connectionString: otherUrl });
  await other.connect();
  try {
    await other.query('BEGIN; LOCK TABLE changes IN ROW EXCLUSIVE MODE');
    await store.users.create(newUser(1), ACTOR);
    assert.equal(await store.changes.newest(), 1);
  } finally {
    await other.end();
  }
});
