import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { type Change, EventsPruned } from '../../../src/domain/changes.ts';
import type { Store } from '../../../src/domain/store.ts';
import { migrate, readVersion } from '../../../src/storage/postgres/migrate.ts';
import { createPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { ACTOR } from '../../support/created.ts';
import { emptyDatabase, run, skipWithoutPostgres } from '../../support/postgres.ts';
import { MAIN } from '../../support/server-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import { readStored } from '../versions/files.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The numbers of a log that is split, as change-partitions.ts has them. */
const [LARGE, END] = [1_000_000, 11_000_000];

/** A database, a store on it with its clock, and a connection of its own. */
async function openDatabase(t: TestContext, url: string) {
  const clock = { now: 100 * DAY_MS };
  const store = createPostgresStore({ url, clock: () => clock.now, onError: () => undefined });
  t.after(() => store.close());
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  t.after(() => client.end());
  return { url, store, clock, client };
}

let users = 0;

/** Creates a user. Returns the id. */
async function createUser(store: Store): Promise<number> {
  const contactEmail = `user${++users}@example.com`;
  const created = await store.users.create(
    { firstName: 'John', lastName: 'Doe', contactEmail, contactEmailKey: contactEmail },
    ACTOR,
  );
  assert.ok(typeof created !== 'symbol');
  return created.item.userId;
}

/** Creates users until it is stopped, which returns their ids. */
function keepCreating(store: Store): { stop: () => Promise<number[]> } {
  let stopped = false;
  const writer = async () => {
    const ids: number[] = [];
    while (!stopped) ids.push(await createUser(store));
    return ids;
  };
  const writers = Promise.all(Array.from({ length: 2 }, writer));
  return {
    stop: async () => {
      stopped = true;
      return (await writers).flat();
    },
  };
}

/** All entries, in pages. */
async function readAll(store: Store, limit: number): Promise<Change[]> {
  const all: Change[] = [];
  for (let after = 0; ; ) {
    const page = await store.changes.read({ after, limit });
    assert.ok(page !== EventsPruned);
    all.push(...page.changes);
    after = page.upTo;
    if (!page.more) return all;
  }
}

function assertSorted(changes: Change[]): void {
  const numbers = changes.map(({ sequence }) => sequence);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
}

/** Each created user has one entry. */
function assertEachOnce(changes: Change[], userIds: number[]): void {
  assertSorted(changes);
  const created = new Set(userIds);
  const found = changes.filter(({ type, userId }) => type === 'user.created' && created.has(userId as number));
  assert.ok(userIds.length > 0);
  assert.equal(found.length, userIds.length);
}

async function partitions(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT inhrelid::regclass || ' ' || pg_get_expr(relpartbound, inhrelid) AS partition
     FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'changes'::regclass ORDER BY inhrelid`,
  );
  return rows.map(({ partition }) => partition);
}

/** A log with two partitions, the first one complete. Its first entry is `days` older than the others. */
async function splitLog(t: TestContext, { days = 3 } = {}) {
  const url = await emptyDatabase(t);
  await migrate(url);
  const database = await openDatabase(t, url);
  const { store, client, clock } = database;
  const old = await createUser(store);
  clock.now += days * DAY_MS;
  await client.query(`SELECT setval('changes_sequence_seq', ${LARGE})`);
  const rest = [await createUser(store)];
  await store.changes.prune(0);
  const [end] = (await partitions(client)).map((partition) => Number(/TO \('(\d+)'\)/.exec(partition)?.[1]));
  assert.ok(end !== undefined && end > END);
  await client.query(`SELECT setval('changes_sequence_seq', ${end - 2})`);
  for (let i = 0; i < 3; i++) rest.push(await createUser(store));
  return { ...database, end, old, rest };
}

test('the log gets partitions while an earlier program writes, also if the first attempt waits for a lock and is killed', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  await run(url, readStored('postgres', 7).content.toString());
  // The statements that write to the log are those of version 7.
  const { store, client } = await openDatabase(t, url);
  const before = await readAll(store, 1_000);
  const writing = keepCreating(store);

  // As a backup does.
  await client.query('BEGIN; LOCK TABLE changes IN ACCESS SHARE MODE');
  const killed = spawn(process.execPath, [MAIN, 'migrate', '--database-url', url]);
  await waitForLock(client);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  await createUser(store);
  assert.equal(await readVersion(url), 7);
  const migrated = migrate(url);
  await waitForLock(client);
  await createUser(store);
  await client.query('COMMIT');
  assert.deepEqual(await migrated, { from: 7, to: 8, pooled: false });

  await createUser(store);
  const created = await writing.stop();
  assert.deepEqual(await partitions(client), ['changes_1 FOR VALUES FROM (MINVALUE) TO (MAXVALUE)']);
  const after = await readAll(store, 1_000);
  assertEachOnce(after, created);
  assert.deepEqual(after.slice(0, before.length), before);
});

test('a large log is split while others write; a process that fails at any step is followed by the next one', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  await migrate(url);
  const { store, client } = await openDatabase(t, url);
  await createUser(store);
  await store.changes.prune(0);
  assert.equal((await partitions(client)).length, 1, 'a small log is not split');
  await client.query(`SELECT setval('changes_sequence_seq', ${LARGE})`);
  const writing = keepCreating(store);
  for (const step of ['NOT VALID', 'VALIDATE', 'DETACH']) {
    await client.query(`
      CREATE OR REPLACE FUNCTION fail() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN IF current_query() LIKE 'ALTER TABLE%${step}%' THEN RAISE 'failed at ${step}'; END IF; END $$`);
    if (step === 'NOT VALID')
      await client.query('CREATE EVENT TRIGGER fail ON ddl_command_end EXECUTE FUNCTION fail()');
    await assert.rejects(store.changes.prune(0), { message: `failed at ${step}` });
    assert.equal((await partitions(client)).length, 1);
    await createUser(store);
  }
  await client.query('DROP EVENT TRIGGER fail');
  await store.changes.prune(0);
  await createUser(store);
  const [first = '', second = '', ...others] = await partitions(client);
  const end = /^changes_1 FOR VALUES FROM \(MINVALUE\) TO \('(\d+)'\)$/.exec(first)?.[1];
  assert.deepEqual([second, others], [`changes_${end} FOR VALUES FROM ('${end}') TO (MAXVALUE)`, []]);
  const { rows } = await client.query("SELECT conname FROM pg_constraint WHERE conname LIKE 'changes_end_%'");
  assert.deepEqual(rows, []);

  // The numbers reach the second partition.
  await client.query(`SELECT setval('changes_sequence_seq', ${Number(end) - 20})`);
  for (let i = 0; i < 30; i++) await createUser(store);
  const created = await writing.stop();
  const { rows: counts } = await client.query(`SELECT count(*)::integer AS count FROM changes_${end}`);
  assert.ok(counts[0].count > 0);
  assertEachOnce(await readAll(store, 100), created);

  // Also one that has a start.
  await client.query(`SELECT setval('changes_sequence_seq', ${Number(end) + LARGE})`);
  await createUser(store);
  await store.changes.prune(0);
  assert.match(
    (await partitions(client)).join('\n'),
    new RegExp(`\nchanges_${end} FOR VALUES FROM .* TO \\('\\d+'\\)\n`),
  );
});

test('events, histories and replays are read across partitions, in order and by an index', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { store, client, old, rest, end } = await splitLog(t);
  await store.users.update(old, { firstName: 'Jane' }, ACTOR);
  for (const limit of [1, 2, 100]) {
    const changes = await readAll(store, limit);
    assertSorted(changes);
    assert.deepEqual(
      changes.map(({ userId }) => userId),
      [old, ...rest, old],
    );
  }
  for (const descending of [false, true]) {
    const { items } = await store.changes.list({
      ...{ filter: { userId: old }, from: { offset: 0 }, limit: 10, count: false },
      sort: [{ field: 'sequence', descending }],
    });
    const types = items.map(({ type }) => type);
    assert.deepEqual(descending ? types.reverse() : types, ['user.created', 'user.updated']);
  }
  const page = `SELECT * FROM changes WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`;
  await client.query('SET enable_seqscan = off');
  const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN) ${page}`);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.doesNotMatch(plan, /Sort|Merge/);
  assert.match(plan, new RegExp(`Append.*\\n.*Index Scan using changes_1_pkey(.|\\n)*changes_${end}_pkey`));
});

test('retention drops the oldest partition when its newest entry is old enough', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { store, client, clock, end, rest } = await splitLog(t);
  const prune = () => store.changes.prune(clock.now - 30 * DAY_MS);
  clock.now += 29 * DAY_MS;
  assert.equal(await prune(), false);
  assert.equal((await readAll(store, 10)).length, 5);

  clock.now += 2 * DAY_MS;
  // A transaction in flight adds an entry to it.
  await client.query(
    `BEGIN; INSERT INTO changes (sequence, at, type, actor) VALUES (5, ${clock.now}, 'token.created', 'x')`,
  );
  assert.equal(await prune(), false);
  await client.query('ROLLBACK');
  assert.equal(await prune(), true);
  while (await prune());
  assert.deepEqual(await partitions(client), [`changes_${end} FOR VALUES FROM ('${end}') TO (MAXVALUE)`]);
  const left = (await readAll(store, 10)).map(({ userId }) => userId);
  assert.deepEqual(left, rest.slice(-1));
  assert.equal(await store.changes.read({ after: LARGE, limit: 10 }), EventsPruned);
  const last = await createUser(store);
  assert.deepEqual((await readAll(store, 10)).at(-1)?.userId, last);
});

test('an entry whose partition cannot be dropped soon is deleted', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { store, client, clock, old, rest } = await splitLog(t, { days: 20 });
  const prune = () => store.changes.prune(clock.now - 30 * DAY_MS);
  const userIds = async () => (await readAll(store, 10)).map(({ userId }) => userId);
  clock.now += 17 * DAY_MS;
  assert.equal(await prune(), false);
  assert.deepEqual(await userIds(), [old, ...rest]);
  clock.now += DAY_MS;
  assert.equal(await prune(), true);
  assert.deepEqual(await userIds(), rest);
  assert.equal((await partitions(client)).length, 2);
});

test('a role that does not own the log prunes it, and leaves the partitions as they are', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { url, clock, client, old, rest } = await splitLog(t);
  const role = new URL(url).pathname.slice(1);
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
  t.after(() => run(new URL('postgres', url).href, `DROP ROLE ${role}`));
  const limited = new URL(url);
  Object.assign(limited, { username: role, password: 'x' });
  const store = createPostgresStore({ url: limited.href, clock: () => clock.now, onError: () => undefined });
  t.after(() => store.close());
  clock.now += 30 * DAY_MS;
  for (const [days, left] of [
    [30, [old, ...rest]],
    [5, rest.slice(-1)],
  ] as const) {
    while (await store.changes.prune(clock.now - days * DAY_MS));
    assert.deepEqual(
      (await readAll(store, 10)).map(({ userId }) => userId),
      left,
    );
    assert.equal((await partitions(client)).length, 2);
  }
});

/** Waits until a statement waits for a lock on the log. */
async function waitForLock(client: pg.Client): Promise<void> {
  const text = "SELECT 1 FROM pg_locks WHERE relation = to_regclass('changes') AND NOT granted";
  await waitFor(async () => (await client.query(text)).rows.length > 0, { message: 'nothing waited for the lock' });
}
