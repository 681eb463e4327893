import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook as Verifier } from 'standardwebhooks';
import { run, skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerOptions, type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { byResource, startReceiver } from '../webhooks/receiver.ts';

const KILLS = 4;
const USERS_A_ROUND = 20;
/** When the server is killed, in milliseconds after the first of them was created. */
const LATEST_KILL = 300;
/** How long the last server may take to send everything, in milliseconds. */
const TIMEOUT_MS = 45_000;

/** What a killed server has taken is given out again after half a minute: the time passes by this statement. */
const HALF_A_MINUTE_LATER = 'UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at - 30000';

const KEY = ['--secret-key', Buffer.alloc(32, 9).toString('base64'), '--host', '127.0.0.1'];
const PLANS = ['--plans', 'development=999999999/999999999'];

async function send(server: ServerProcess, method: string, path: string, body: object): Promise<{ userId: number }> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: 'Bearer your-token-here', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, await response.clone().text());
  return response.json() as Promise<{ userId: number }>;
}

async function killWhileItSends(t: TestContext, database: ServerOptions, passTime: () => void | Promise<void>) {
  const { url, received } = await startReceiver(t, (_, response) => {
    setTimeout(() => response.writeHead(204).end(), randomInt(20));
    return undefined;
  });
  const acknowledged = new Map<number, number>();
  let count = 0;
  let secret = '';
  const start = () => startServer({ ...database, args: [...KEY, ...PLANS] });
  const changeUsers = async (server: ServerProcess) => {
    for (let i = 0; i < USERS_A_ROUND; i++) {
      const user = { firstName: 'John', lastName: 'Doe', contactEmail: `user${count++}@example.com` };
      const { userId } = await send(server, 'POST', '/users', user);
      acknowledged.set(userId, 1);
      for (const firstName of ['Jim', 'Jack']) {
        await send(server, 'PATCH', `/users/${userId}`, { firstName });
        acknowledged.set(userId, (acknowledged.get(userId) ?? 0) + 1);
      }
    }
  };

  for (let round = 0; round < KILLS; round++) {
    const server = await start();
    t.after(() => server.process.kill('SIGKILL'));
    if (round === 0) {
      const wanted = { url, events: ['user.created', 'user.updated'] };
      ({ secret } = (await send(server, 'POST', '/webhooks', wanted)) as unknown as { secret: string });
    }
    const before = received.length;
    // What is in flight when the kill comes fails.
    const changing = changeUsers(server).catch(() => undefined);
    await waitFor(() => received.length > before, { message: 'no webhook is sent' });
    await pause(randomInt(LATEST_KILL));
    await server.stop('SIGKILL');
    await changing;
    await passTime();
  }

  const last = await start();
  t.after(() => last.process.kill('SIGKILL'));
  const missing = () => {
    const sequences = byResource(received);
    return [...acknowledged].filter(([userId, events]) => {
      return new Set(sequences.get(`user/${userId}`)).size < events;
    });
  };
  await waitFor(() => missing().length === 0, { timeoutMs: TIMEOUT_MS, message: 'some events are never sent' });
  assert.equal(await last.stop(), 0);

  const ids = Map.groupBy(received, ({ headers }) => String(headers['webhook-id']));
  const sequences = [...ids.values()].map((same) => new Set(same.map(({ event }) => event.sequence)));
  for (const same of sequences) assert.equal(same.size, 1, 'one id is one event');
  assert.equal(new Set(sequences.flatMap((same) => [...same])).size, ids.size, 'a duplicate has the same id');
  for (const all of byResource(received).values()) {
    const firsts = [...new Set(all)];
    assert.deepEqual(
      firsts,
      firsts.toSorted((a, b) => a - b),
    );
  }
  for (const { body, headers } of received) new Verifier(secret).verify(body, headers as Record<string, string>);
  t.diagnostic(
    `${received.length} deliveries, ${received.length - ids.size} of them duplicates, of ${ids.size} events`,
  );
}

test('a server on SQLite that is killed during deliveries delivers every event after a restart', {
  timeout: 90_000,
}, async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  await killWhileItSends(t, { databaseFile }, () => {
    const db = new DatabaseSync(databaseFile);
    db.exec(HALF_A_MINUTE_LATER);
    db.close();
  });
});

test('a server on PostgreSQL that is killed during deliveries delivers every event after a restart', {
  timeout: 90_000,
}, async (t) => {
  if (skipWithoutPostgres(t)) return;
  const databaseUrl = await testDatabase(t);
  await killWhileItSends(t, { databaseUrl }, () => run(databaseUrl, HALF_A_MINUTE_LATER));
});
