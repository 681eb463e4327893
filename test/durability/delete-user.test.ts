import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { seededRandom } from './random.ts';

const ROUNDS = 4;
/** Enough for the user to be softDeleted, and for the purge to take a while. */
const TASKS = 100;
/** The kill comes within so many milliseconds of the request: before, during and after its commit. */
const KILL_WITHIN = 6;

const headers = { authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' };

test('a server that is killed while it deletes a user leaves all of the user or nothing', {
  timeout: 100_000,
}, async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  const seed = Number(process.env.DELETE_SEED || 1);
  const random = seededRandom(seed);
  const found = { all: 0, nothing: 0 };
  const args = ['--host', '127.0.0.1', '--plans', 'development=999999999999/999999999999'];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startServer({ databaseFile, args });
    t.after(() => server.process.kill('SIGKILL'));
    const send = (method: string, path: string, body?: object) => {
      return fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    };
    const contactEmail = `john${round}@example.com`;
    const { userId } = (await (await send('POST', '/users', { ...JOHN, contactEmail })).json()) as { userId: number };
    await Promise.all(Array.from({ length: TASKS }, () => send('POST', '/tasks', { ...REPORT, userId })));

    const responded = send('DELETE', `/users/${userId}`).then(
      ({ status }) => status,
      () => undefined,
    );
    await wait(random() * KILL_WITHIN);
    await server.stop('SIGKILL');
    const status = await responded;

    const again = await startServer({ databaseFile, args });
    t.after(() => again.process.kill('SIGKILL'));
    const get = async (path: string) => {
      const response = await fetch(again.url + path, { headers: { ...headers, prefer: 'count=exact' } });
      return { status: response.status, count: response.headers.get('x-total-count') };
    };
    const user = await get(`/users/${userId}`);
    const tasks = await get(`/tasks?userId=${userId}`);
    const isThere = user.status === 200;
    found[isThere ? 'all' : 'nothing']++;
    assert.equal(tasks.count, isThere ? String(TASKS) : '0', `seed ${seed}, round ${round}`);
    if (status === 204) assert.equal(user.status, 404, 'it was acknowledged');
    const create = { method: 'POST', headers, body: JSON.stringify({ ...JOHN, contactEmail }) };
    assert.equal((await fetch(`${again.url}/users`, create)).status, isThere ? 400 : 201);
    assert.equal(await again.stop(), 0);
  }
  t.diagnostic(JSON.stringify(found));
});
