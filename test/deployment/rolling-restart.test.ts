import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { skipWithoutNginx, startNginx, startServers, UPSTREAM } from '../support/nginx.ts';
import { waitFor } from '../support/wait-for.ts';

const REQUESTS_PER_S = 400;
const BATCHES_PER_S = 40;
/** The time before, between and after the restarts. docs/scaling.md names it. */
const PAUSE_MS = 3_000;

test('two servers behind nginx restart one after the other under 400 requests/s, and no request fails', async (t) => {
  if (skipWithoutNginx(t)) return;
  const configuration = readCheckedBlock('docs/deployment.md', 'test/deployment/nginx.test.ts');
  const upstream = readCheckedBlock('docs/scaling.md', 'test/deployment/nginx.test.ts');
  const started = await startServers(t, 2);
  const { call } = await startNginx(t, configuration.replace(UPSTREAM, `${upstream}\n`), started);

  const outcomes = new Map<string, number>();
  let sent = 0;
  const send = async () => {
    const number = sent++;
    // A quarter are creations. Without an Idempotency-Key, nginx must not send them twice.
    const user = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: `user${number}@example.com` };
    const creating = number % 4 === 0;
    const outcome = await (creating
      ? call({ method: 'POST', path: '/users' }, JSON.stringify(user))
      : call({ path: '/users' })
    )
      .then(async (response) => {
        await text(response);
        return `${creating ? 'POST' : 'GET'} ${response.statusCode}`;
      })
      .catch((error: Error) => error.message);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  const requests: Promise<void>[] = [];
  const start = performance.now();
  const timer = setInterval(() => {
    // Those that are due, however late the timer is.
    const due = ((performance.now() - start) / 1000) * REQUESTS_PER_S;
    while (requests.length < due) requests.push(send());
  }, 1000 / BATCHES_PER_S);
  t.after(() => clearInterval(timer));

  await sleep(PAUSE_MS);
  for (const server of started.servers) {
    assert.equal(await server.stop(), 0);
    await started.start(new URL(server.url).port);
    const ready = () => fetch(`${server.url}/health/ready`).then(({ ok }) => ok);
    await waitFor(ready, { message: 'the server is not ready' });
    await sleep(PAUSE_MS);
  }
  clearInterval(timer);
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(requests);

  assert.deepEqual([...outcomes.keys()].sort(), ['GET 200', 'POST 201'], JSON.stringify([...outcomes]));
  assert.ok(sent / seconds > 0.9 * REQUESTS_PER_S, `only ${sent / seconds} requests/s`);
  const db = new DatabaseSync(started.databaseFile);
  const [users] = db.prepare('SELECT count(*) AS count FROM users').all();
  db.close();
  assert.equal(users?.count, outcomes.get('POST 201'));
  t.diagnostic(`${sent} requests in ${seconds.toFixed(1)} s`);
});
