import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { migrate as migratePostgres } from '../../src/storage/postgres/migrate.ts';
import { readMigrations } from '../../src/storage/sql/migrations.ts';
import { verifyDatabase } from '../../src/storage/sqlite/verify.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { emptyDatabase, run } from '../support/postgres.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { ADA, IDEMPOTENCY_KEY, TASKS, USERS } from './versions/content.ts';
import { readStored } from './versions/files.ts';

const SILENT = { start: () => undefined, advance: () => undefined, stop: () => undefined };

/** An application on the database that the program of an earlier version has left. */
async function openOlder(t: TestContext, version: number): Promise<TestApp & { tokens: string[] }> {
  const { content, tokens, writtenAt } = readStored(engineOf(t), version);
  const database: { file?: string; url?: string } = {};
  if (engineOf(t) === 'sqlite') {
    database.file = join(tempFolder(t), 'test.db');
    writeFileSync(database.file, content, { mode: 0o600 });
  } else {
    database.url = await emptyDatabase(t);
    await run(database.url, content.toString());
    assert.equal((await migratePostgres(database.url)).from, version);
  }
  const app = await testApp(t, { database, acceptDevelopmentToken: true });
  app.clock.now = writtenAt + 60_000;
  return { ...app, tokens };
}

const migrations = readMigrations(new URL('../../src/storage/sqlite/migrations/', import.meta.url));
for (const { version } of migrations) {
  // The databases were written at different times, and have different tokens.
  const options = { responsesDiffer: 'the stored databases were written apart' };
  testOnBothDatabases(`a database of version ${version} works with this program, with all data`, options, async (t) => {
    const { request, post, tokens, file, app } = await openOlder(t, version);
    const get = async (url: string, token?: string) => {
      const response = await request({ method: 'GET', url, ...(token !== undefined && { token }) });
      assert.equal(response.statusCode, 200, response.body);
      return response.json();
    };
    if (engineOf(t) === 'sqlite') assert.deepEqual((await verifyDatabase(file, SILENT)).problems, []);
    assert.deepEqual(await get('/users'), { users: USERS });
    assert.deepEqual(await get('/tasks'), { tasks: TASKS });
    assert.deepEqual(await get('/tasks?overdue=true&userId=1&_sort=-dueDate'), { tasks: [TASKS[2]] });
    assert.deepEqual(await get('/tasks?_search=用户'), { tasks: [TASKS[1]] });
    assert.deepEqual(await get('/users?_search=zoe'), { users: [USERS[1]] });
    const [service = '', ofAda = ''] = tokens;
    assert.deepEqual(await get('/tasks', service), { tasks: TASKS });
    assert.deepEqual(await get('/users', ofAda), { users: [USERS[0]] });
    const types = (await get('/tasks/2/history')).history.map(({ type }: { type: string }) => type);
    assert.deepEqual(types.sort(), ['task.completed', 'task.created']);
    assert.equal((await get('/webhooks')).webhooks[0].url, 'https://example.com/hook');
    assert.equal((await request({ method: 'POST', url: '/webhooks/1/rotate' })).statusCode, 200);

    const headers = { 'content-type': 'application/json', 'idempotency-key': IDEMPOTENCY_KEY };
    const token = 'your-token-here';
    const replay = await request({ method: 'POST', url: '/users', headers, payload: JSON.stringify(ADA), token });
    assert.deepEqual([replay.statusCode, replay.headers['idempotency-replayed']], [201, 'true'], replay.body);
    assert.deepEqual(replay.json(), USERS[0]);
    const gone = { firstName: 'New', lastName: 'User', contactEmail: 'gone@example.com' };
    assert.deepEqual((await post('/users', gone)).json(), { userId: 4, ...gone });
    const created = await post('/tasks', {
      userId: 4,
      taskTitle: 'x',
      dueDate: '2099-01-01T00:00:00Z',
      warningOffset: 0,
    });
    assert.equal(created.json().taskId, 6);
    assert.equal((await request({ method: 'DELETE', url: '/users/1' })).statusCode, 204);
    const rest = (await get('/tasks')).tasks.map(({ taskId }: { taskId: number }) => taskId);
    assert.deepEqual(rest, [2, 6]);
    await app.close();
    if (engineOf(t) === 'sqlite') assert.deepEqual((await verifyDatabase(file, SILENT)).problems, []);
  });
}
