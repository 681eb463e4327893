import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { TaskApi } from '../../../client/src/index.ts';
import { sampleOf } from '../../metrics/scrape.ts';
import { runCli } from '../../support/cli.ts';
import { JOHN, REPORT } from '../../support/examples.ts';
import { skipWithoutPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts';
import { POSTGRES_TEMPLATE_URL, skipWithoutPostgres } from '../../support/postgres.ts';
import {
  pauseReplicas,
  type Replicated,
  read,
  readsFromReplicas,
  startReplicated,
} from '../../support/replicated-app.ts';
import { waitFor } from '../../support/wait-for.ts';

let replicated: Replicated | undefined;

before(async () => {
  if (process.env[POSTGRES_TEMPLATE_URL] !== undefined) replicated = await startReplicated();
});
after(() => replicated?.remove());

let users = 0;
const newUser = () => ({ ...JOHN, contactEmail: `user${++users}@example.com` });

test('lists come from replicas: they are as old as a replica may be, except for what the token wrote', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const app = await replicated.app(t);
  const [token, other] = [await app.token(), await app.token()];
  await replicated.used(1);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(app, other);
  const user = (await app.post('/users', newUser(), token)).json();
  const task = (await app.post('/tasks', { ...REPORT, userId: user.userId }, token)).json();
  const paths = [`/users?userId=${user.userId}`, `/tasks?taskId=${task.taskId}`, `/audit?userId=${user.userId}`];
  for (const path of paths) {
    assert.notEqual((await read(app, path, token)).length, 0, `${path} of the writer`);
    assert.equal((await read(app, path, other)).length, 0, `${path} of another token`);
    for (const value of ['no-cache', 'max-age=0', 'max-stale, max-age=0']) {
      assert.notEqual((await read(app, path, other, { 'cache-control': value })).length, 0, `${path}, ${value}`);
    }
  }
  for (const path of [`/users/${user.userId}`, `/tasks/${task.taskId}`, `/tasks/${task.taskId}/history`]) {
    const response = await app.request({ url: path, token: other });
    assert.equal(response.statusCode, 200, path);
    if (path.endsWith('history')) assert.equal(response.json().history.length, 1);
  }
  const lines = (text: string) => text.split('\n').filter((line) => line.includes(user.contactEmail)).length;
  const stream = (of: string) => app.request({ url: '/users', token: of, headers: { accept: 'application/x-ndjson' } });
  assert.deepEqual([lines((await stream(token)).body), lines((await stream(other)).body)], [1, 0]);
  const counted = async (of: string) => {
    const headers = { prefer: 'count=exact' };
    return Number((await app.request({ url: '/users?_perPage=1', token: of, headers })).headers['x-total-count']);
  };
  assert.ok((await counted(token)) > (await counted(other)));

  // Older than the configured age: no replica is used, even before the next poll.
  replicated.advance(5_001);
  for (const path of paths) assert.notEqual((await read(app, path, other)).length, 0, path);
  await waitFor(() => app.messages.filter((message) => message.includes('is more than 5 s behind')).length === 2, {
    message: 'the log does not have both replicas',
  });
  const text = await app.metrics.registry.metrics();
  for (const { name } of replicated.replicas) {
    assert.equal(sampleOf(text, 'task_api_replica_in_use', name), 0);
    assert.ok((sampleOf(text, 'task_api_replica_lag_seconds', name) ?? 0) > 5);
  }
  const reads = replicated.replicas.map(({ name }) => sampleOf(text, 'task_api_list_reads_total', name) ?? 0);
  assert.ok(Math.max(...reads) > 0);
  assert.ok((sampleOf(text, 'task_api_list_reads_total', 'primary') ?? 0) >= 12);
});

test('Cache-Control: max-age limits the age further', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const app = await replicated.app(t);
  const other = await app.token();
  await replicated.used(1);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(app, other);
  const path = `/users?userId=${(await app.post('/users', newUser())).json().userId}`;
  replicated.advance(3_000);
  assert.equal((await read(app, path, other, { 'cache-control': 'max-age=60' })).length, 0);
  assert.equal((await read(app, path, other, { 'cache-control': 'max-age=2' })).length, 1);
  replicated.advance(2_001);
  assert.equal((await read(app, path, other, { 'cache-control': 'max-age=60' })).length, 1);
});

test('another process reads a write with its Consistency-Token, also after an idempotent replay', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const [one, two] = [await replicated.app(t), await replicated.app(t)];
  const token = await one.token();
  await replicated.used(2);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(two, token);
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'replay' };
  const request = { method: 'POST', url: '/users', token, headers, payload: JSON.stringify(newUser()) } as const;
  const created = await one.request(request);
  const replayed = await one.request(request);
  assert.equal(replayed.headers['idempotency-replayed'], 'true');
  const path = `/users?userId=${created.json().userId}`;
  assert.equal((await read(two, path, token)).length, 0, 'without the header');
  for (const response of [created, replayed]) {
    const value = response.headers['consistency-token'] as string;
    assert.match(value, /^[0-9a-f]{16}$/);
    assert.equal((await read(two, path, token, { 'consistency-token': value })).length, 1);
  }
  assert.equal((await read(two, path, token, { 'consistency-token': 'unknown' })).length, 1);
  // A rejection is due to what another process has written.
  const rejected = await two.request({ ...request, headers: { 'content-type': 'application/json' } });
  assert.equal(rejected.statusCode, 400);
  assert.equal((await read(two, path, token)).length, 1);
});

test('a replica that is down is left out, and used again when it is back', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const [dead] = replicated.replicas;
  const app = await replicated.app(t, [dead.url]);
  const other = await app.token();
  await replicated.used(1, [dead]);
  await dead.setPaused(true);
  await readsFromReplicas(app, other);
  await dead.crash();
  const { userId } = (await app.post('/users', newUser())).json();
  for (let i = 0; i < 20; i++) assert.equal((await read(app, `/users?userId=${userId}`, other)).length, 1);
  assert.equal((await app.request({ url: '/health/ready' })).statusCode, 200);
  await waitFor(() => app.messages.some((text) => text.includes(`replica ${dead.name} failed; will retry`)), {
    message: 'the log does not have the outage',
  });
  await dead.start();
  await waitFor(() => app.messages.includes(`reading from the replica ${dead.name} recovered`), {
    message: 'the replica is not used again',
  });
  await replicated.used(1, [dead]);
  await dead.setPaused(true);
  t.after(() => dead.setPaused(false));
  await readsFromReplicas(app, other);
});

test('a server that is no replica of the database is not used', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const { primary, replicas } = replicated;
  const elsewhere = new URL('postgres', replicas[0].url).href;
  const app = await replicated.app(t, [primary.url, elsewhere]);
  const reasons = [/is not a replica: it accepts writes$/, /is not a replica of the database in DATABASE_URL$/];
  await waitFor(() => reasons.every((reason) => app.messages.some((message) => reason.test(message))), {
    message: 'the log does not have the reasons',
  });
  const { userId } = (await app.post('/users', newUser())).json();
  assert.equal((await read(app, `/users?userId=${userId}`, await app.token())).length, 1);
});

test('the client sends the newest Consistency-Token to another process', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const apps = [await replicated.app(t), await replicated.app(t)] as const;
  const urls = await Promise.all(
    apps.map(async ({ app }) => {
      await app.listen({ host: '127.0.0.1', port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    }),
  );
  const token = await apps[0].token();
  await replicated.used(2);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(apps[1], token);
  // As behind a load balancer: writes reach one process, reads the other.
  const send: typeof fetch = (url, init) => fetch(String(url).replace(urls[0] as string, toUrl(init)), init);
  const toUrl = (init?: RequestInit) => urls[init?.method === 'GET' ? 1 : 0] as string;
  const api = new TaskApi({ baseUrl: urls[0] as string, token, fetch: send });
  const created = await Promise.all(Array.from({ length: 5 }, () => api.users.create(newUser())));
  const found = await api.users.listPage({ userId: created.map(({ userId }) => userId) });
  assert.equal(found.items.length, 5);
  await api.users.delete((created[0] as { userId: number }).userId);
  const left = await api.users.listPage({ userId: created.map(({ userId }) => userId) });
  assert.equal(left.items.length, 4);
});

test('a replica can be behind PgBouncer, and so can the primary', async (t) => {
  if (skipWithoutPostgres(t) || skipWithoutPgBouncer(t) || replicated === undefined) return;
  const { primary, replicas } = replicated;
  const [beforePrimary, beforeReplica] = [
    await startPgBouncer(primary.url, 5),
    await startPgBouncer(replicas[0].url, 5),
  ];
  t.after(() => Promise.all([beforePrimary.remove(), beforeReplica.remove()]));
  const url = beforePrimary.through(primary.url);
  const app = await replicated.app(t, [beforeReplica.through(replicas[0].url)], { url, pooled: true });
  const [token, other] = [await app.token(), await app.token()];
  await replicated.used(1, [replicas[0]]);
  await pauseReplicas(t, replicated);
  await readsFromReplicas(app, other);
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => (await app.post('/users', newUser(), token)).statusCode),
  );
  assert.deepEqual(new Set(statuses), new Set([201]));
  const { userId } = (await app.post('/users', newUser(), token)).json();
  assert.equal((await read(app, `/users?userId=${userId}`, token)).length, 1);
  assert.equal((await read(app, `/users?userId=${userId}`, other)).length, 0);
});

test('doctor checks each replica', async (t) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const { primary, replicas } = replicated;
  const elsewhere = new URL('postgres', replicas[0].url).href;
  const nowhere = new URL(primary.url);
  nowhere.port = '1';
  const urls = [replicas[0].url, primary.url, elsewhere, nowhere.href];
  const doctor = await runCli(['doctor'], { DATABASE_URL: primary.url, DATABASE_READ_URL: urls.join(', '), PORT: '0' });
  assert.match(doctor.stdout, new RegExp(`^ok {4}postgres://${replicas[0].name}/tasks is a replica$`, 'm'));
  assert.match(doctor.stdout, /^ok {4}\S+ accepts writes; it is not used as a replica now$/m);
  assert.match(doctor.stdout, /^FAIL {2}\S+\/postgres is not a replica of the database in DATABASE_URL$/m);
  assert.match(doctor.stdout, /^FAIL {2}replica: PostgreSQL is not running at 127\.0\.0\.1:1 \(ECONNREFUSED\)$/m);
  assert.equal(doctor.code, 1);
});

test('DATABASE_READ_URL must be PostgreSQL databases with one host each', async () => {
  const run = (DATABASE_URL: string, DATABASE_READ_URL: string, more = {}) =>
    runCli(['migrate'], { DATABASE_URL, DATABASE_READ_URL, ...more });
  const valid = 'postgres://user:secret@127.0.0.1/tasks';
  for (const invalid of ['file:x.db', `${valid},postgres://user:secret@`, 'postgres://user:secret@one,two/tasks']) {
    const { stderr } = await run(valid, invalid);
    assert.match(stderr, /DATABASE_READ_URL \(--database-read-url\) must be postgres:\/\/USER/, invalid);
    assert.equal(stderr.includes('secret'), false);
  }
  const sqlite = await run('file:x.db', valid);
  assert.match(sqlite.stderr, /DATABASE_READ_URL requires a PostgreSQL database in DATABASE_URL \(--database-url\)/);
  const lag = await run(valid, valid, { DATABASE_READ_MAX_LAG_SECONDS: '0' });
  assert.match(lag.stderr, /DATABASE_READ_MAX_LAG_SECONDS \(.*\) must be an integer from 1 to 3600; it is "0"/);
});
