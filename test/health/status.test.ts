import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { RecentLoad } from '../../src/health/recent-load.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOOK = { url: 'https://example.com/hooks', events: ['user.created', 'task.created'] };

const readStatus = async ({ request }: TestApp) => (await request({ url: '/status' })).json();

testOnBothDatabases(
  'GET /status describes the database and the process',
  { responsesDiffer: 'the databases have other versions and sizes' },
  async (t) => {
    const app = await testApp(t);
    const response = await app.request({ url: '/status' });
    assert.equal(response.statusCode, 200);
    const { version, database, queues, backups, process: ofProcess } = response.json();
    assert.equal(version, manifest.version);
    const engine = engineOf(t);
    assert.equal(database.engine, engine);
    assert.match(database.version, engine === 'sqlite' ? /^3\.\d+\.\d+$/ : /^18\./);
    assert.ok(database.sizeBytes > 50_000, `${database.sizeBytes} bytes`);
    assert.equal('diskFreeBytes' in database, engine === 'sqlite');
    if (engine === 'sqlite') assert.ok(database.diskTotalBytes >= database.diskFreeBytes && database.diskFreeBytes > 0);
    assert.deepEqual(queues, { emails: { pending: 0 }, deliveries: { pending: 0 }, reminders: {} });
    assert.equal(backups, undefined);
    assert.equal(ofProcess.nodeVersion, process.versions.node);
    assert.ok(Date.parse(ofProcess.startedAt) <= Date.now() && ofProcess.memoryBytes > 10_000_000);
  },
);

testOnBothDatabases(
  'GET /status reports what waits, and since when it is due',
  { responsesDiffer: 'the databases have other versions and sizes' },
  async (t) => {
    const app = await testApp(t);
    const dueDate = new Date(app.clock.now + DAY_MS).toISOString();
    await app.post('/webhooks', HOOK);
    await app.post('/users', JOHN);
    await app.post('/tasks', { ...REPORT, dueDate, warningOffset: 60 });
    while (await app.store.deliveries.enqueue());
    const since = new Date(app.clock.now).toISOString();
    const { queues } = await readStatus(app);
    assert.deepEqual(queues.deliveries, { pending: 2, dueSince: since });
    // It is not due yet.
    assert.deepEqual(queues.reminders, {});
    app.clock.now += DAY_MS;
    const remindAt = new Date(Date.parse(dueDate) - 60 * 60_000).toISOString();
    assert.deepEqual((await readStatus(app)).queues.reminders, { dueSince: remindAt });
  },
);

testOnBothDatabases(
  'GET /status reports the scheduled backups',
  { responsesDiffer: 'the databases have other versions and sizes' },
  async (t) => {
    const app = await testApp(t);
    const { backups } = app.store;
    const at = (ms: number) => new Date(ms).toISOString();
    const start = app.clock.now;
    await backups.claim(DAY_MS);
    assert.deepEqual((await readStatus(app)).backups, { scheduledSince: at(start), failures: 0 });
    await backups.recordFailure(0);
    assert.deepEqual((await readStatus(app)).backups, { scheduledSince: at(start), failures: 1 });
    app.clock.now += 60_000;
    await backups.recordSuccess(app.clock.now);
    const expected = { scheduledSince: at(start), lastSuccessAt: at(app.clock.now), failures: 0 };
    assert.deepEqual((await readStatus(app)).backups, expected);
  },
);

testOnBothDatabases(
  'GET /status counts the requests of the last five minutes, and nothing personal',
  { responsesDiffer: 'the databases have other versions and sizes' },
  async (t) => {
    const app = await testApp(t);
    await app.post('/users', JOHN);
    await app.request({ url: '/users/1' });
    app.clock.now += 5_000;
    const body = (await app.request({ url: '/status' })).body;
    const [first, ...rest] = JSON.parse(body).process.load;
    assert.deepEqual([first.at, first.requests, first.errors], ['2026-03-01T12:00:00.000Z', 2, 0]);
    assert.ok(first.medianMs > 0 && first.p99Ms >= first.medianMs && first.eventLoopDelayMs >= 0);
    assert.deepEqual(rest, []);
    for (let i = 0; i < 70; i++) {
      app.clock.now += 5_000;
      await app.request({ url: '/users/1' });
    }
    const { load } = (await readStatus(app)).process;
    assert.equal(load.length, 60);
    assert.ok(!body.includes('john') && !body.includes('tmapi_'));
  },
);

test('durations are estimated within their bucket', (t) => {
  let now = 0;
  const load = new RecentLoad(() => now);
  t.after(() => load.close());
  for (let i = 0; i < 98; i++) load.record(200, 0.003);
  load.record(500, 0.2);
  load.record(503, 60);
  now = 5_000;
  load.record(200, 0.001);
  now = 12_000;
  const [first, second, ...rest] = load.intervals();
  assert.deepEqual([first?.at, first?.requests, first?.errors], [0, 100, 2]);
  // Between 2.5 and 5 ms, and between 100 and 250 ms.
  assert.ok(Math.abs((first?.median ?? 0) - 0.00378) < 0.0001, String(first?.median));
  assert.ok(Math.abs((first?.p99 ?? 0) - 0.25) < 1e-9, String(first?.p99));
  assert.deepEqual([second?.at, second?.requests], [5_000, 1]);
  assert.deepEqual(rest, []);
});
