import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { AUDIENCE, startIssuer } from '../support/issuer.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const AUTHORIZATION = { authorization: 'Bearer your-token-here' };

test('dev listens on 127.0.0.1 and ::1, and prints a working address', async (t) => {
  const folder = tempFolder(t);
  const server = await startServer({ databaseFile: join(folder, 'data', 'test.db') });
  t.after(() => server.stop());
  const { port } = new URL(server.url);
  const found = await fetch(`${server.url}/users/1`, { headers: AUTHORIZATION });
  assert.equal(found.status, 404);
  if (await hasIPv6()) {
    const other = await fetch(`http://[::1]:${port}/users/1`, { headers: AUTHORIZATION });
    assert.equal(other.status, 404);
  }
  assert.match(server.stderr(), new RegExp(`Address {2}http://localhost:${port}\n`));
  assert.match(server.stderr(), /Token {4}your-token-here /);
  const docs = /Docs {5}(\S+)\n/.exec(server.stderr())?.[1] ?? '';
  assert.equal(docs, `http://localhost:${port}/docs`);
  assert.match(await (await fetch(docs)).text(), /<div id="reference">/);
  assert.match(server.stderr(), new RegExp(`curl -X POST http://localhost:${port}/users `));
  assert.ok(existsSync(join(folder, 'data', 'test.db')));
});

async function hasIPv6(): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(0, '::1');
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

test('dev rejects addresses that other machines can reach', async () => {
  for (const host of ['0.0.0.0', '::', '10.1.2.3']) {
    const { code, stderr } = await runCli(['dev', '--host', host]);
    assert.equal(code, 1);
    assert.match(stderr, /^task-api: HOST must be localhost, 127\.0\.0\.1 or ::1 in development mode.*\n$/);
  }
});

test('serve rejects the development token and prints how to issue one', async (t) => {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db'), command: 'serve' });
  t.after(() => server.stop());
  const response = await fetch(`${server.url}/users/1`, { headers: AUTHORIZATION });
  assert.equal(response.status, 401);
  assert.match(
    server.stderr(),
    /There is no valid token.*\n {2}npx task-api token create --name my-app --scope users:read users:write tasks:read tasks:write --database-url file:\/\/\/\S+test\.db\n/,
  );
});

test('serve with JWT_ISSUER accepts its JWTs, and prints no hint to issue a token', async (t) => {
  const issuer = await startIssuer(t);
  const jwt = ['--jwt-issuer', issuer.url, '--jwt-audience', AUDIENCE, '--jwt-service-claim', 'client_type=service'];
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db'), command: 'serve', args: jwt });
  t.after(() => server.stop());
  const authorization = `Bearer ${await issuer.clientToken('users:read')}`;
  assert.equal((await fetch(`${server.url}/users`, { headers: { authorization } })).status, 200);
  assert.equal((await fetch(`${server.url}/tasks`, { headers: { authorization } })).status, 403);
  assert.equal(server.stderr(), '');
  assert.equal(await server.stop(), 0);
});

/** Asserts one line on standard error, exit code 1, nothing else. */
async function assertRejected(args: string[], env: Record<string, string>, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runCli(args, env);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^task-api: [^\n]+\n$/);
  assert.match(stderr, message);
}

test('an error that prevents the start is reported in one line', async (t) => {
  const folder = tempFolder(t);
  const DATABASE_URL = `file:${join(folder, 'test.db')}`;
  await assertRejected(['dev'], { DATABASE_URL, PORT: 'http' }, /PORT \(--port\) must be an integer from 0 to 65535/);
  await assertRejected(['serve', '--log-level', 'loud'], { DATABASE_URL }, /LOG_LEVEL \(--log-level\) must be one of/);
  await assertRejected(['dev'], { DATABASE_URL: 'mysql://localhost/x' }, /DATABASE_URL .* must be a file: URL/);

  await assertRejected(
    ['dev'],
    // No process listens on port 1.
    { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' },
    /PostgreSQL is not running at 127\.0\.0\.1:1 \(ECONNREFUSED\)\. Start it, or correct the host and port/,
  );

  writeFileSync(
    join(folder, 'notes.txt'),
    'no database, but a text that is long enough to be read as a header '.repeat(4),
  );
  const notes = `file:${join(folder, 'notes.txt')}`;
  await assertRejected(['dev', '--port', '0'], { DATABASE_URL: notes }, /notes\.txt is not a SQLite database/);
  const under = `file:${join(folder, 'notes.txt', 'data', 'test.db')}`;
  await assertRejected(['dev', '--port', '0'], { DATABASE_URL: under }, /the folder .* cannot be created \(ENOTDIR\)/);

  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await assertRejected(
    ['dev', '--port', String(port)],
    { DATABASE_URL },
    new RegExp(`port ${port} is already in use; `),
  );
  taken.close();
});

test('an unknown command or flag is reported with a hint at --help', async () => {
  for (const args of [['server'], ['serve', '--prot', '3000'], ['serve', 'now']]) {
    const { code, stderr } = await runCli(args);
    assert.equal(code, 1);
    assert.match(stderr, /--help/);
  }
});

test('created files and directories are accessible to their owner only', {
  skip: process.platform === 'win32' && 'Windows has no modes',
}, async (t) => {
  const folder = tempFolder(t);
  await runCli(['migrate'], { DATABASE_URL: `file:${join(folder, 'sub', 'test.db')}` });
  assert.equal(statSync(join(folder, 'sub')).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'sub', 'test.db')).mode & 0o777, 0o600);
});

test('the start logs tokens whose plan is no longer configured', async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  const env = { DATABASE_URL: `file:${databaseFile}`, PLANS: 'gold=5/50' };
  await runCli(['token', 'create', '--name', 'x', '--scope', 'admin', '--plan', 'gold'], env);
  const server = await startServer({ databaseFile, command: 'serve' });
  await server.stop();
  const warning = server.log.find(({ level }) => level === 40);
  assert.deepEqual([warning?.tokenId, warning?.plan], [1, 'gold']);
});
