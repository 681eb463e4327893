import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { createPostgresStore } from '../../src/storage/postgres/postgres-store.ts';
import { issueToken } from '../../src/tokens/issue.ts';
import { Reminders } from '../../src/workers/reminders.ts';
import { Client } from '../durability/client.ts';
import { ACTOR, created } from '../support/created.ts';
import { startOwnPostgres } from '../support/own-postgres.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { startServer } from '../support/server-process.ts';

/** How many tasks are due within {@link SPREAD}: `REMINDERS=100000` is what must hold, and takes two minutes. */
const REMINDERS = Number(process.env.REMINDERS ?? 2_000);
const IS_WHOLE = REMINDERS >= 100_000;
/** Within how many milliseconds they are due. */
const SPREAD = IS_WHOLE ? 60_000 : 1_000;
const PROCESSES = 4;
/** Requests a second that are served meanwhile. */
const RATE = 500;
/** How long after its time the last reminder may come, in milliseconds. */
const LIMIT = 60_000;
/** How long responses and workers may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

const DAY = 24 * 60 * 60 * 1000;

/** Connects while something is done: whatever else the test has opened is closed later. */
async function connected(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

/** A database on a server that, unlike that of the other tests, has every commit on disk. */
async function syncingDatabase(t: TestContext): Promise<string> {
  const server = await startOwnPostgres();
  t.after(() => server.remove());
  await migrate(server.url);
  return server.url;
}

async function createToken(url: string): Promise<string> {
  const store = createPostgresStore({ url, clock: Date.now, onError: () => undefined });
  const request = { name: 'test', scopes: ['admin' as const], plan: 'unlimited', userId: null, expiresAt: null };
  const { text } = created(await issueToken(store, request, ACTOR, Date.now()));
  await store.close();
  return text as string;
}

/** Adds tasks that are to be reminded of at times which are evenly spread from an instant on, half an hour before they are due. */
async function addTasks(client: pg.Client, from: number): Promise<void> {
  await client.query(`INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
    SELECT 'a', 'b', n, n, 0, 0 FROM generate_series(1, 1000) AS n`);
  await client.query(
    `INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at, remind_at)
     SELECT 1 + n % 1000, 'Write ' || n, 'NOT_STARTED', '2030-01-01T00:00:00Z',
       remind_at + 1800000000, 30, 0, remind_at
     FROM generate_series(0, $1::bigint - 1) AS n, LATERAL (SELECT ($2::bigint + n * $3 / $1) * 1000 AS remind_at) AS planned`,
    [REMINDERS, from, SPREAD],
  );
}

/** How many reminders there are, of how many tasks, and how late the last one was, in milliseconds. */
async function readReminders(client: pg.Client): Promise<{ reminders: number; tasks: number; latest: number }> {
  const { rows } = await client.query(
    `SELECT count(*)::integer AS reminders, count(DISTINCT task_id)::integer AS tasks,
       coalesce(max(at - (due_at / 1000 - warning_offset * 60000)), 0)::integer AS latest
     FROM changes JOIN tasks USING (task_id) WHERE type = 'task.reminder'`,
  );
  return rows[0];
}

test('four processes remind of each of many tasks once, in its time', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  await connected(url, (client) => remindByTurnedClock(t, url, client));
});

async function remindByTurnedClock(t: TestContext, url: string, client: pg.Client): Promise<void> {
  const start = Date.parse('2026-03-01T12:00:00Z');
  await addTasks(client, start);
  let now = start - 1;
  const stores = Array.from({ length: PROCESSES }, () => {
    return createPostgresStore({ url, clock: () => now, onError: () => undefined });
  });
  const log: unknown[] = [];
  const note = (...entry: unknown[]) => log.push(entry);
  const all = stores.map((store) => new Reminders({ store, logger: { info: note, warn: note } as never }));
  const look = () => Promise.all(all.map((reminders) => reminders.runOnce()));
  try {
    await look();
    assert.equal((await readReminders(client)).reminders, 0);
    now = start + SPREAD / 2;
    await look();
    const half = await readReminders(client);
    // Some come in the same millisecond.
    assert.ok(Math.abs(half.reminders - REMINDERS / 2) <= 1 + REMINDERS / SPREAD, String(half.reminders));
    now = start + SPREAD;
    const before = performance.now();
    await look();
    const seconds = (performance.now() - before) / 1000;
    t.diagnostic(`${REMINDERS - half.reminders} that are due together: ${seconds.toFixed(1)} s`);
    const { latest, ...counts } = await readReminders(client);
    assert.deepEqual(counts, { reminders: REMINDERS, tasks: REMINDERS });
    assert.equal(latest, SPREAD / 2);
    now += 2 * DAY;
    await look();
    assert.equal((await readReminders(client)).reminders, REMINDERS);
    assert.deepEqual(log, []);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

test('the same with four real processes, that also serve 500 requests a second', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const databaseUrl = IS_WHOLE ? await syncingDatabase(t) : await testDatabase(t);
  const token = await createToken(databaseUrl);
  const args = ['--host', '127.0.0.1', '--workers', String(PROCESSES)];
  const server = await startServer({ databaseUrl, command: 'serve', args, ready: 'all workers are listening' });
  t.after(() => server.process.kill('SIGKILL'));
  const users = new Client(server.url, 64, token);
  t.after(() => users.close());
  await connected(databaseUrl, (client) => remindUnderLoad(t, client, users));
  assert.equal(await server.stop(), 0);
});

async function remindUnderLoad(t: TestContext, client: pg.Client, users: Client): Promise<void> {
  // Adding them takes some time, in which none is due yet.
  const start = Date.now() + 500 + REMINDERS / 5;
  await addTasks(client, start);

  /** The response times in milliseconds, before the first reminder is due and from then on. */
  const latencies = { before: [] as number[], meanwhile: [] as number[] };
  const responses: Promise<void>[] = [];
  const began = performance.now();
  const send = async (n: number) => {
    const [due, kept] = [performance.now(), Date.now() < start ? latencies.before : latencies.meanwhile];
    const { status } = await users.createUser({
      firstName: 'A',
      lastName: 'B',
      contactEmail: `load${n}@example.com`,
    });
    assert.equal(status, 201);
    kept.push(performance.now() - due);
  };
  let found = await readReminders(client);
  let looked = performance.now();
  while (found.reminders < REMINDERS) {
    const wanted = ((performance.now() - began) * RATE) / 1000;
    while (responses.length < wanted) responses.push(send(responses.length));
    await wait(1);
    if (performance.now() - looked < 1000) continue;
    found = await readReminders(client);
    looked = performance.now();
    assert.ok(Date.now() < start + SPREAD + LIMIT + TIMEOUT_MS, `${found.reminders} of ${REMINDERS}`);
  }
  await Promise.all(responses);
  const seconds = (performance.now() - began) / 1000;
  // Whether any comes twice would be seen with the next look.
  await wait(1_200);
  const { latest, ...counts } = await readReminders(client);
  assert.deepEqual(counts, { reminders: REMINDERS, tasks: REMINDERS });
  assert.ok(latest < LIMIT, `the last was ${latest} ms late`);
  t.diagnostic(`the last of ${REMINDERS} came ${latest} ms after its time at most`);
  t.diagnostic(`${responses.length} users were created in ${seconds.toFixed(1)} s`);
  for (const [when, all] of Object.entries(latencies)) {
    all.sort((a, b) => a - b);
    const [half, most] = [0.5, 0.99].map((part) => all[Math.floor((all.length - 1) * part)]?.toFixed(1));
    t.diagnostic(`${when}: half within ${half} ms, 99 % within ${most} ms`);
  }
}
