import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startOwnPostgres } from '../support/own-postgres.ts';
import { skipWithoutPostgres } from '../support/postgres.ts';
import { startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { Client } from './client.ts';
import { nthUser, type SeenUser } from './nth-user.ts';

const CONNECTIONS = 32;
const CRASHES = 5;
/** How many users are acknowledged between two crashes at least. */
const BETWEEN = 200;
/** How soon after the database the service is back, in milliseconds. */
const BACK_WITHIN = 5_000;
const TIMEOUT_MS = 20_000;

test('the database crashes five times under load: nothing acknowledged is lost, nothing is there twice', {
  timeout: 120_000,
}, async (t) => {
  if (skipWithoutPostgres(t)) return;
  const postgres = await startOwnPostgres();
  t.after(() => postgres.remove());
  const plans = ['--plans', 'development=999999999999/999999999999'];
  const server = await startServer({ databaseUrl: postgres.url, args: ['--host', '127.0.0.1', ...plans] });
  t.after(() => server.process.kill('SIGKILL'));
  const client = new Client(server.url, CONNECTIONS + 1);
  t.after(() => client.close());

  const acknowledged = new Map<string, SeenUser>();
  const statuses: Record<number, number> = {};
  let next = 0;
  let stopped = false;
  async function keepSending(): Promise<void> {
    while (!stopped) {
      const user = nthUser(next++);
      const { status, body } = await client.createUser(user);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 201) acknowledged.set(user.contactEmail, body as SeenUser);
      else await wait(5);
    }
  }
  const isReady = async () => (await fetch(`${server.url}/health/ready`)).status === 200;
  const load = Promise.all(Array.from({ length: CONNECTIONS }, keepSending));

  for (let crash = 0; crash < CRASHES; crash++) {
    const enough = acknowledged.size + BETWEEN;
    await waitFor(() => acknowledged.size >= enough, {
      timeoutMs: TIMEOUT_MS,
      message: 'too few creates are acknowledged',
    });
    await postgres.crash();
    assert.equal(await isReady(), false, 'without its database it is not ready');
    await postgres.start();
    const before = acknowledged.size;
    await waitFor(() => acknowledged.size > before, {
      timeoutMs: BACK_WITHIN,
      message: 'no create succeeds after the crash',
    });
  }
  stopped = true;
  await load;
  assert.ok(await isReady());
  assert.deepEqual(Object.keys(statuses).sort(), ['201', '503'], JSON.stringify(statuses));

  // A user whose response was 503 may exist; one whose response was 201 does, unchanged.
  const stored = new Map<number, SeenUser>();
  let url: string | undefined = '/users?_perPage=100';
  while (url !== undefined) {
    const response: Response = await fetch(server.url + url, { headers: { authorization: 'Bearer your-token-here' } });
    const { users } = (await response.json()) as { users: SeenUser[] };
    for (const user of users) stored.set(user.userId, user);
    url = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  for (const user of acknowledged.values()) assert.deepEqual(stored.get(user.userId), user);
  assert.equal(new Set([...stored.values()].map(({ contactEmail }) => contactEmail)).size, stored.size);
  assert.equal(await server.stop(), 0);
  t.diagnostic(JSON.stringify({ statuses, stored: stored.size }));
});
