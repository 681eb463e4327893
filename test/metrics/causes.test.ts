import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import manifest from '../../package.json' with { type: 'json' };
import { requestStream } from '../support/event-stream.ts';
import { findFreePort } from '../support/free-port.ts';
import { MAIN } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { type MeasuredService, startMeasured } from './measured-service.ts';
import { documentedNames, requestLabels, sampleOf } from './scrape.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The metrics that have a test here. */
const caused = new Set<string>();

/** A test that makes the cause of metrics, and sees their values. */
function cause(metrics: string[], name: string, run: (t: TestContext) => Promise<void>): void {
  for (const metric of metrics) caused.add(metric);
  test(name, run);
}

describe('what makes the metrics of a service on SQLite', () => {
  let service: MeasuredService;
  let file: string;
  const ending: (() => unknown)[] = [];

  before(async () => {
    const t = { after: (end: () => unknown) => void ending.push(end) } as Parameters<typeof startMeasured>[0];
    file = join(tempFolder(t), 'test.db');
    service = await startMeasured(t, `file:${file}`);
  });
  after(async () => {
    for (const end of ending) await end();
  });

  /**
   * Keeps the service from writing, as another program does that has locked the file, while `use` runs. That must take less
   * than the five seconds after which the service reports that it is unavailable.
   */
  async function whileLocked(use: () => Promise<void>, sql?: string): Promise<void> {
    const db = new DatabaseSync(file);
    try {
      if (sql !== undefined) db.exec(`BEGIN IMMEDIATE; ${sql}; COMMIT`);
      db.exec('BEGIN IMMEDIATE');
      await use();
      db.exec('ROLLBACK');
    } finally {
      db.close();
    }
  }

  cause(['http_server_request_duration_seconds'], 'a request adds its duration', async () => {
    const { succeed, value } = service;
    const series = requestLabels('GET', '/tasks', 200);
    for (let i = 0; i < 3; i++) await succeed('GET', '/tasks');
    await service.until((count) => count === 3, 'http_server_request_duration_seconds_count', ...series);
    const seconds = await value('http_server_request_duration_seconds_sum', ...series);
    assert.ok(seconds > 0 && seconds < 30, String(seconds));
  });

  cause(['task_api_rate_limit_rejections_total'], 'a 429 counts for the plan of its token', async () => {
    const { succeed, send, value } = service;
    const { token } = await succeed('POST', '/tokens', { name: 'tiny', scopes: ['users:read'], plan: 'tiny' });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await send('GET', '/users', undefined, token)).status);
    assert.deepEqual(statuses, [200, 200, 429, 429, 429]);
    assert.equal(await value('task_api_rate_limit_rejections_total', 'plan="tiny"'), 3);
  });

  cause(['task_api_event_streams'], 'an event stream is counted until it is closed', async () => {
    const abort = new AbortController();
    for (let i = 0; i < 2; i++) {
      await requestStream(service.server.url, 'your-token-here', { signal: abort.signal });
    }
    assert.equal(await service.value('task_api_event_streams'), 2);
    abort.abort();
    await service.until((streams) => streams === 0, 'task_api_event_streams');
  });

  cause(
    [
      ...['task_api_reminders_delay_seconds', 'task_api_reminders_recorded_total'],
      ...['task_api_reminders_late_total', 'task_api_reminders_dropped_total'],
    ],
    'reminders are recorded; late while the database cannot be written, and dropped after a day',
    async () => {
      const { createUser, createTask, succeed, value, until, clock, server } = service;
      const counts = () =>
        Promise.all(['recorded', 'late', 'dropped'].map((kind) => value(`task_api_reminders_${kind}_total`)));
      assert.deepEqual(await counts(), [0, 0, 0]);
      const userId = await createUser();
      const distant = { userId, taskTitle: 'Rest', dueDate: '9999-12-31T23:59:59Z', warningOffset: 0 };
      await succeed('POST', '/tasks', distant);
      await createTask(0);
      await until((count) => count === 1, 'task_api_reminders_recorded_total');
      assert.equal(await value('task_api_reminders_delay_seconds'), 0);

      await createTask(10);
      await whileLocked(async () => {
        clock.advance(server, 15 * MINUTE_MS);
        const delay = await until((seconds) => seconds > 0, 'task_api_reminders_delay_seconds');
        assert.ok(delay >= 290 && delay < 400, String(delay));
      });
      await until((count) => count === 1, 'task_api_reminders_late_total');

      await createTask(10);
      await whileLocked(async () => {
        clock.advance(server, 2 * DAY_MS);
        await until((seconds) => seconds > DAY_MS / 1000, 'task_api_reminders_delay_seconds');
      });
      await until((count) => count === 1, 'task_api_reminders_dropped_total');
      assert.deepEqual(await counts(), [2, 1, 1]);
      assert.equal(await value('task_api_reminders_delay_seconds'), 0);
    },
  );

  cause(
    ['task_api_emails_pending', 'task_api_emails_delay_seconds', 'task_api_email_attempts_total'],
    'an attempt to send an email counts by its result, and what waits is pending',
    async () => {
      const { smtp, createTask, succeed, value, until, clock, server } = service;
      const attempts = (result: string) => value('task_api_email_attempts_total', `result="${result}"`);
      await until((count) => count === 0, 'task_api_emails_pending');
      const [delivered, failed, cancelled] = await Promise.all(['delivered', 'failed', 'cancelled'].map(attempts));
      await createTask(0);
      await until((count) => count === Number(delivered) + 1, 'task_api_email_attempts_total', 'result="delivered"');

      smtp.rejection = { command: 'DATA', status: 451 };
      const retried = await attempts('retried');
      const taskId = await createTask(0);
      await until((count) => count === retried + 1, 'task_api_email_attempts_total', 'result="retried"');
      assert.equal(await value('task_api_emails_pending'), 1);
      await succeed('PATCH', `/tasks/${taskId}`, { taskStatus: 'COMPLETED' });
      await whileLocked(async () => {
        clock.advance(server, 10 * MINUTE_MS);
        const delay = await until((seconds) => seconds > 0, 'task_api_emails_delay_seconds');
        assert.ok(delay >= 400 && delay < 700, String(delay));
      });
      await until((count) => count === Number(cancelled) + 1, 'task_api_email_attempts_total', 'result="cancelled"');

      smtp.rejection = { command: 'RCPT TO', status: 550 };
      await createTask(0);
      await until((count) => count === Number(failed) + 1, 'task_api_email_attempts_total', 'result="failed"');
      smtp.rejection = undefined;
      await until((count) => count === 0, 'task_api_emails_pending');
      assert.equal(await value('task_api_emails_delay_seconds'), 0);
    },
  );

  cause(
    [
      ...['task_api_webhook_deliveries_pending', 'task_api_webhook_deliveries_delay_seconds'],
      'task_api_webhook_attempts_total',
    ],
    'an attempt at a webhook delivery counts by its result, and what waits is pending',
    async () => {
      const { receiver, succeed, createUser, value, until, clock, server } = service;
      const hook = await succeed('POST', '/webhooks', { url: receiver.url, events: ['user.created'] });
      await createUser();
      await until((count) => count === 1, 'task_api_webhook_attempts_total', 'result="delivered"');

      receiver.status = 500;
      await createUser();
      await until((count) => count === 1, 'task_api_webhook_attempts_total', 'result="retried"');
      assert.equal(await value('task_api_webhook_deliveries_pending'), 1);
      await whileLocked(async () => {
        clock.advance(server, 10 * MINUTE_MS);
        const delay = await until((seconds) => seconds > 60, 'task_api_webhook_deliveries_delay_seconds');
        assert.ok(delay >= 500 && delay < 700, String(delay));
      });
      clock.advance(server, 4 * DAY_MS);
      await until((count) => count === 1, 'task_api_webhook_attempts_total', 'result="failed"');
      await until((count) => count === 0, 'task_api_webhook_deliveries_pending');
      assert.equal(await value('task_api_webhook_deliveries_delay_seconds'), 0);
      await succeed('DELETE', `/webhooks/${hook.webhookId}`);
    },
  );

  cause(['task_api_consumer_lag'], 'a consumer that does not read the change log is behind', async () => {
    const { value, until, succeed, receiver, createUser } = service;
    const lag = (consumer: string) => value('task_api_consumer_lag', `consumer="${consumer}"`);
    // Without a webhook, its consumer reads nothing, so it cannot be behind.
    assert.deepEqual(await lag('webhooks'), Number.NaN);
    receiver.status = 204;
    const { webhookId } = await succeed('POST', '/webhooks', { url: receiver.url, events: ['user.created'] });
    await createUser();
    await until((count) => count === 0, 'task_api_consumer_lag', 'consumer="webhooks"');
    await until((count) => count === 0, 'task_api_consumer_lag', 'consumer="email"');
    const entries = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 500)
      INSERT INTO changes (at, type, actor, user_id, new_values)
      SELECT ${Date.now()}, 'user.updated', 'token/1', 1, '{}' FROM numbers`;
    await whileLocked(async () => {
      assert.deepEqual([await lag('webhooks'), await lag('email')], [500, 500]);
    }, entries);
    await until((count) => count === 0, 'task_api_consumer_lag', 'consumer="webhooks"');
    await until((count) => count === 0, 'task_api_consumer_lag', 'consumer="email"');
    await succeed('DELETE', `/webhooks/${webhookId}`);
    assert.deepEqual(await lag('webhooks'), Number.NaN);
  });

  cause(
    ['task_api_commit_writes', 'task_api_commit_wait_seconds', 'task_api_sync_duration_seconds'],
    'writes that arrive together are one commit and one sync',
    async () => {
      const { createUser, value } = service;
      const names = [
        'commit_writes_sum',
        'commit_writes_count',
        'commit_wait_seconds_count',
        'sync_duration_seconds_count',
      ];
      const read = () => Promise.all(names.map((name) => value(`task_api_${name}`)));
      const earlier = await read();
      await Promise.all(Array.from({ length: 20 }, createUser));
      const later = await read();
      const [writes, commits, waits, syncs] = later.map((count, i) => count - (earlier[i] as number)) as [
        ...[number, number, number, number],
      ];
      assert.ok(writes >= 20, `${writes} writes`);
      assert.ok(commits >= 1 && commits < writes, `${commits} commits of ${writes} writes`);
      assert.equal(waits, commits);
      assert.ok(syncs >= 1, `${syncs} syncs`);
    },
  );

  cause(
    ['task_api_checkpoint_duration_seconds', 'task_api_wal_bytes'],
    'the write-ahead log grows with writes, until a checkpoint',
    async () => {
      const { createUser, succeed, value } = service;
      const userId = await createUser();
      const checkpoints = await value('task_api_checkpoint_duration_seconds_count');
      const task = { userId, taskTitle: 'x'.repeat(80), taskDescription: 'y'.repeat(255), warningOffset: 0 };
      const tasks = Array.from({ length: 1_000 }, () => ({ ...task, dueDate: '2020-01-01T00:00:00Z' }));
      const MIB = 1_048_576;
      let longest = 0;
      const isReached = async () => {
        await succeed('POST', '/tasks/batch', { tasks });
        await createUser();
        longest = Math.max(longest, await value('task_api_wal_bytes'));
        return longest > MIB / 2 && (await value('task_api_checkpoint_duration_seconds_count')) > checkpoints;
      };
      await waitFor(isReached, { message: 'there is no checkpoint, or no log' });
      assert.ok((await value('task_api_checkpoint_duration_seconds_sum')) > 0);
    },
  );

  cause(['task_api_database_up'], 'while the file of the database is missing, it is not up', async () => {
    const { value, until, succeed } = service;
    assert.equal(await value('task_api_database_up'), 1);
    renameSync(file, `${file}.moved`);
    await until((up) => up === 0, 'task_api_database_up');
    assert.ok((await value('task_api_wal_bytes')) > 0);
    renameSync(`${file}.moved`, file);
    await until((up) => up === 1, 'task_api_database_up');
    await succeed('GET', '/health/ready');
  });

  cause(['nodejs_eventloop_lag_p99_seconds'], 'a process that is stopped delays its event loop', async () => {
    const { server, value } = service;
    const isDelayed = async () => {
      server.process.kill('SIGSTOP');
      await sleep(600);
      server.process.kill('SIGCONT');
      return (await value('nodejs_eventloop_lag_p99_seconds')) > 0.5;
    };
    await waitFor(isDelayed, { message: 'no delay is measured' });
  });

  cause(['task_api_build_info'], 'the versions are those of the package and of Node', async () => {
    const labels = [`version="${manifest.version}"`, `node_version="${process.versions.node}"`];
    assert.equal(await service.value('task_api_build_info', ...labels), 1);
  });
});

cause(['task_api_log_lines_dropped_total'], 'log lines that cannot be written are counted', async (t) => {
  if (process.platform !== 'linux') return t.skip('it needs /dev/full');
  const [port, metricsPort] = [await findFreePort(), await findFreePort()];
  const fd = openSync('/dev/full', 'w');
  const database = `file:${join(tempFolder(t), 'test.db')}`;
  const args = ['dev', '--database-url', database, '--port', String(port), '--metrics-port', String(metricsPort)];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', fd, fd] });
  closeSync(fd);
  t.after(() => child.kill('SIGKILL'));
  const dropped = async () => {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).catch(() => undefined);
    return response && sampleOf(await response.text(), 'task_api_log_lines_dropped_total');
  };
  const isServed = async () => (await dropped()) !== undefined;
  await waitFor(isServed, { message: 'the metrics are not served', timeoutMs: 60_000 });
  const isCounted = async () => {
    await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => undefined);
    return ((await dropped()) ?? 0) > 0;
  };
  await waitFor(isCounted, { message: 'no dropped line is counted' });
});

/** The metrics whose causes are made in the test of what they measure. */
const CAUSED_ELSEWHERE = {
  task_api_worker_exits_total: 'test/metrics/workers.test.ts',
  task_api_postgres_connections: 'test/metrics/postgres.test.ts',
  task_api_postgres_connections_idle: 'test/metrics/postgres.test.ts',
  task_api_postgres_waiting: 'test/metrics/postgres.test.ts',
  task_api_replica_lag_seconds: 'test/storage/postgres/replicas.test.ts',
  task_api_replica_in_use: 'test/storage/postgres/replicas.test.ts',
  task_api_list_reads_total: 'test/storage/postgres/replicas.test.ts',
  task_api_backups_total: 'test/cli/scheduled-backups.test.ts',
  task_api_backup_age_seconds: 'test/cli/scheduled-backups.test.ts',
};

test('every metric in docs/metrics.md has a test that makes its cause', () => {
  assert.deepEqual([...caused, ...Object.keys(CAUSED_ELSEWHERE)].sort(), documentedNames().sort());
  for (const [metric, path] of Object.entries(CAUSED_ELSEWHERE)) {
    assert.match(readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8'), new RegExp(metric));
  }
});
