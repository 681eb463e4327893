import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { runCli } from '../../support/cli.ts';
import { JOHN } from '../../support/examples.ts';
import { emptyDatabase, run, skipWithoutPostgres } from '../../support/postgres.ts';
import { startPostgresPair } from '../../support/postgres-pair.ts';
import { startServer } from '../../support/server-process.ts';
import { waitFor } from '../../support/wait-for.ts';

const TOKEN = { authorization: 'Bearer your-token-here' };
/** How soon after a promotion the service writes again, in milliseconds. */
const BACK_WITHIN_MS = 5_000;

let created = 0;

/** Creates a user with a new address, or the one of an idempotency key. */
async function createUser(url: string, key: string = randomUUID(), number = created++) {
  const response = await fetch(`${url}/users`, {
    method: 'POST',
    headers: { ...TOKEN, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ ...JOHN, contactEmail: `user${number}@example.com` }),
  });
  const { userId } = (await response.json()) as { userId?: number };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), userId };
}

/** The background jobs that have logged an outage that has not ended. Each must log it once. */
function failingJobs(messages: readonly string[]): string[] {
  const failing = new Set<string>();
  for (const message of messages) {
    const [, job = '', failed] = /^(.*) (?:(failed; will retry)|recovered)$/.exec(message) ?? [];
    assert.ok(failed === undefined || !failing.has(job), `${message}, again`);
    if (failed === undefined) failing.delete(job);
    else failing.add(job);
  }
  return [...failing];
}

test('serve follows a failover to a synchronous standby without a restart', { timeout: 120_000 }, async (t) => {
  if (skipWithoutPostgres(t)) return;
  const pair = await startPostgresPair(['-c', 'fsync=off']);
  t.after(() => pair.remove());
  const server = await startServer({ databaseUrl: pair.url });
  t.after(() => server.stop('SIGKILL'));
  const doctor = async () => (await runCli(['doctor'], { DATABASE_URL: pair.url, PORT: '0' })).stdout;
  const acknowledged = [await createUser(server.url)];
  const [first, second] = [pair.primary, pair.standby].map(({ url }) => new URL(url).host);
  assert.match(await doctor(), new RegExp(`^ok {4}${first} accepts writes, ${second} is a standby$`, 'm'));

  // A commit that the standby does not have is not acknowledged, even if the server stops waiting for it.
  await pair.standby.stop();
  const waiting = createUser(server.url, 'waiting', 1000);
  await waitFor(
    async () =>
      (await pair.primary.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
        .length > 0,
    { message: 'no commit waits for the standby' },
  );
  assert.deepEqual({ ...(await waiting), userId: 0 }, { status: 503, retryAfter: '1', userId: 0 });
  await pair.standby.start();

  acknowledged.push(await createUser(server.url, 'waiting', 1000));
  await pair.primary.stop('SIGQUIT');
  const during = await createUser(server.url, 'during', 1001);
  assert.deepEqual([during.status, during.retryAfter !== null], [503, true]);
  assert.equal((await fetch(`${server.url}/health/ready`)).status, 503);
  await pair.promote();
  const retried = await waitFor(
    async () => {
      const response = await createUser(server.url, 'during', 1001);
      return response.status === 201 ? response : undefined;
    },
    { timeoutMs: BACK_WITHIN_MS, message: 'the service does not write to the promoted standby' },
  );
  acknowledged.push(retried, await createUser(server.url));

  // The old primary comes back and still accepts writes: it is ignored.
  await pair.standby.start();
  assert.deepEqual(await pair.standby.query('SELECT pg_is_in_recovery()'), [[false]]);
  assert.match(await doctor(), new RegExp(`^FAIL {2}${first}, ${second} accept writes`, 'm'));
  for (let i = 0; i < 20; i++) acknowledged.push(await createUser(server.url));
  for (const { status } of acknowledged) assert.equal(status, 201);
  for (const { userId } of acknowledged) {
    const response = await fetch(`${server.url}/users/${userId}`, { headers: TOKEN });
    assert.equal(response.status, 200, `user ${userId}`);
  }
  const [stored] = await pair.primary.query('SELECT count(*), count(DISTINCT user_id) FROM users');
  assert.deepEqual(stored, [String(acknowledged.length), String(acknowledged.length)]);

  const messages = server.log.map(({ msg }) => String(msg));
  assert.ok(messages.includes('another PostgreSQL server accepts writes; connecting to it'));
  const failing = () => failingJobs(server.log.map(({ msg }) => String(msg)));
  await waitFor(() => failing().length === 0, { message: 'a background job has not recovered' });
  assert.equal(await server.stop(), 0);
});

test('after a write is rejected as read-only, new connections are opened', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  const database = new URL(url).pathname.slice(1);
  const setReadOnly = (on: boolean) =>
    run(new URL('postgres', url).href, `ALTER DATABASE ${database} SET default_transaction_read_only = ${on}`);
  const server = await startServer({ databaseUrl: url });
  t.after(() => server.stop('SIGKILL'));
  await setReadOnly(true);
  await run(
    url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'task-api' AND datname = current_database()",
  );
  const rejected = await waitFor(
    async () => {
      const response = await createUser(server.url);
      return response.status === 503 ? response : undefined;
    },
    { message: 'a read-only database accepts writes' },
  );
  assert.notEqual(rejected.retryAfter, null);
  await setReadOnly(false);
  // The connections in the pool are still read-only.
  await waitFor(async () => (await createUser(server.url)).status === 201, { message: 'the service does not recover' });
  assert.equal(await server.stop(), 0);
});
