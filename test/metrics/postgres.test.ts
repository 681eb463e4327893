import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { emptyDatabase, skipWithoutPostgres } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { startMeasured } from './measured-service.ts';
import { sampleOf, scrape } from './scrape.ts';

test('the queues in PostgreSQL are measured', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { smtp, receiver, succeed, createTask, value, until } = await startMeasured(t, await emptyDatabase(t));
  assert.equal(await value('task_api_database_up'), 1);
  for (const queue of ['emails', 'webhook_deliveries']) assert.equal(await value(`task_api_${queue}_pending`), 0);
  for (const queue of ['emails', 'webhook_deliveries', 'reminders']) {
    assert.equal(await value(`task_api_${queue}_delay_seconds`), 0);
  }
  receiver.status = 500;
  smtp.rejection = { command: 'DATA', status: 451 };
  await succeed('POST', '/webhooks', { url: receiver.url, events: ['user.created'] });
  await createTask(0);
  await until((count) => count === 1, 'task_api_emails_pending');
  await until((count) => count === 1, 'task_api_webhook_deliveries_pending');
  await until((count) => count === 0, 'task_api_consumer_lag', 'consumer="webhooks"');
});

test('while a table is locked on PostgreSQL, all connections are in use and statements wait', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const databaseUrl = await emptyDatabase(t);
  const { server, createUser, send, value, until } = await startMeasured(t, databaseUrl);
  const userId = await createUser();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  // They fail when their statements take over two seconds. A scrape that comes too late for that is repeated.
  const areInUse = async () => {
    const reading = Array.from({ length: 30 }, () => send('GET', `/users/${userId}`));
    const metrics = await scrape(server);
    await Promise.all(reading);
    return (
      Number(sampleOf(metrics, 'task_api_postgres_waiting')) > 0 &&
      sampleOf(metrics, 'task_api_postgres_connections_idle') === 0
    );
  };
  await waitFor(areInUse, { message: 'no statement waits', timeoutMs: 60_000 });
  await client.end();
  await until((count) => count === 0, 'task_api_postgres_waiting');
  const idle = await until((count) => count > 0, 'task_api_postgres_connections_idle');
  assert.ok(idle <= (await value('task_api_postgres_connections')));
});
