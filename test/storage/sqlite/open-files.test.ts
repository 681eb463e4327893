import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/outcomes.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { ACTOR, created } from '../../support/created.ts';
import { startServer } from '../../support/server-process.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const clock = () => 1_700_000_000_000;
const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john@example.com' };
const newUser = (contactEmail: string) => ({ ...JOHN, contactEmail, contactEmailKey: contactEmail });

test('after the data folder is deleted every request gets 503 and the log says it once', async (t) => {
  const folder = join(tempFolder(t), 'data');
  const server = await startServer({ databaseFile: join(folder, 'test.db') });
  t.after(() => server.stop('SIGKILL'));
  const post = async (contactEmail: string) =>
    fetch(`${server.url}/users`, {
      method: 'POST',
      headers: { authorization: 'Bearer your-token-here', 'content-type': 'application/json' },
      body: JSON.stringify({ ...JOHN, contactEmail }),
    });
  const ready = async () => (await fetch(`${server.url}/health/ready`)).status;
  assert.equal((await post('before@example.com')).status, 201);
  assert.equal(await ready(), 200);
  rmSync(folder, { recursive: true });
  for (let i = 0; i < 3; i++) {
    const response = await post(`after${i}@example.com`);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.equal(await ready(), 503);
  }
  assert.equal((await fetch(`${server.url}/health/live`)).status, 200);
  assert.equal(await server.stop(), 0);
  const lines = server.log.filter(({ msg }) => String(msg).startsWith('database file was deleted or replaced'));
  assert.deepEqual(
    lines.map(({ file }) => file),
    [join(folder, 'test.db')],
  );
});

test('ready notices a deleted data folder without any write', async (t) => {
  const folder = join(tempFolder(t), 'data');
  const store = openSqliteStore({ file: join(folder, 'test.db'), clock });
  await store.ping();
  rmSync(folder, { recursive: true });
  await assert.rejects(store.ping(), StoreUnavailable);
  await store.close();
});

/** What happens to a database that is opened through a link. */
const CASES: Record<string, (real: string, folder: string) => void> = {
  'the file is deleted': (real) => rmSync(real),
  'another file has its path': (real, folder) => renameSync(join(folder, 'other.db'), real),
  'its write-ahead log is deleted': (real) => rmSync(`${real}-wal`),
  'the link leads to another file': (_, folder) => {
    rmSync(join(folder, 'link.db'));
    symlinkSync(join(folder, 'other.db'), join(folder, 'link.db'));
  },
};

for (const [name, replace] of Object.entries(CASES)) {
  test(`when ${name}, the next write is rejected, and so are reads from then on`, async (t) => {
    const folder = tempFolder(t);
    const [real, link, other] = ['real.db', 'link.db', 'other.db'].map((file) => join(folder, file)) as [
      string,
      string,
      string,
    ];
    for (const file of [real, other]) await openSqliteStore({ file, clock }).close();
    symlinkSync(real, link);
    const store = openSqliteStore({ file: link, clock });
    const { userId } = created(await store.users.create(newUser('a@example.com'), ACTOR));
    replace(real, folder);
    await assert.rejects(store.users.create(newUser('b@example.com'), ACTOR), StoreUnavailable);
    await assert.rejects(store.users.get(userId), StoreUnavailable);
    await assert.rejects(store.ping(), StoreUnavailable);
    await store.close();
  });
}

test('a database that is moved and moved back is used again', async (t) => {
  const folder = join(tempFolder(t), 'data');
  const store = openSqliteStore({ file: join(folder, 'test.db'), clock });
  t.after(() => store.close());
  const { userId } = created(await store.users.create(newUser('a@example.com'), ACTOR));
  renameSync(folder, `${folder}.moved`);
  await assert.rejects(store.users.create(newUser('b@example.com'), ACTOR), StoreUnavailable);
  renameSync(`${folder}.moved`, folder);
  assert.equal((await store.users.get(userId))?.contactEmail, 'a@example.com');
  await store.ping();
  created(await store.users.create(newUser('c@example.com'), ACTOR));
});
