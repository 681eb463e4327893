import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { readVersion } from '../../src/storage/postgres/migrate.ts';
import { runCli } from '../support/cli.ts';
import { emptyDatabase, whyNoPostgres } from '../support/postgres.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const TOKEN = /^tmapi_\d+_[0-9A-Za-z]{46}\n$/;

interface Fixture {
  databaseFile: string;
  token: (...args: string[]) => ReturnType<typeof runCli>;
}

function fixture(t: TestContext): Fixture {
  const databaseFile = join(tempFolder(t), 'test.db');
  return { databaseFile, token: (...args) => runCli(['token', ...args], { DATABASE_URL: `file:${databaseFile}` }) };
}

const ACTIVE = { name: 'my app', scope: ['users:read', 'users:write'] };
const CREATE = ['create', '--name', ACTIVE.name, '--scope', ...ACTIVE.scope];

test('token create prints only the token on standard output, and stores only its hash', async (t) => {
  const { token, databaseFile } = fixture(t);
  const { code, stdout, stderr } = await token(...CREATE);
  assert.equal(code, 0);
  assert.match(stdout, TOKEN);
  assert.match(stderr, /^Token 1 is issued\. Keep it safe: it is not shown again\.\n$/);
  const secret = stdout.trim().split('_')[2]?.slice(0, 40) ?? '';
  assert.equal(secret.length, 40);
  assert.ok(!readFileSync(databaseFile).includes(secret));
  assert.notEqual((await token(...CREATE)).stdout, stdout);
});

test('token list shows every token with its state, without secrets', async (t) => {
  const { token } = fixture(t);
  const { stdout: issued } = await token(...CREATE, '--plan', 'enterprise', '--expires', '90d');
  await token('create', '--name', 'other', '--scope', 'admin');
  await token('revoke', '2');
  const again = await token('revoke', '2');
  assert.equal(again.code, 1);
  assert.match(
    again.stderr,
    /^task-api: token 2 does not exist or is already revoked; to list tokens, run: npx task-api token list --database-url file:\S+\n$/,
  );
  const { code, stdout } = await token('list');
  assert.equal(code, 0);
  const [header, first, second] = stdout.trimEnd().split('\n');
  assert.match(header ?? '', /^ID +NAME +SCOPES +USER +PLAN +CREATED +EXPIRES +LAST USED +STATE$/);
  const instant = '(\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z)';
  const row = new RegExp(`^1 +my app +users:read,users:write +- +enterprise +${instant} +${instant} +never +active$`);
  const [, created, expires] = row.exec(first ?? '') ?? [];
  assert.equal(Date.parse(expires ?? '') - Date.parse(created ?? ''), 90 * 86_400_000);
  assert.match(second ?? '', /^2 +other +admin +- +basic +\S+ +never +never +revoked$/);
  assert.ok(!stdout.includes(issued.trim().split('_')[2] ?? ''));
});

test('a running server accepts a new token, restricts a user token, and rejects a revoked token within one second', async (t) => {
  const { token, databaseFile } = fixture(t);
  const { stdout: service } = await token(...CREATE);
  const server = await startServer({ databaseFile, command: 'serve' });
  t.after(() => server.stop());
  const get = (path: string, text: string) =>
    fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${text.trim()}` } }).then(({ status }) => status);
  const created = await fetch(`${server.url}/users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ firstName: 'John', lastName: 'Doe', contactEmail: 'john@example.com' }),
  });
  assert.equal(created.status, 201);

  const { stdout: userToken } = await token('create', '--name', 'john', '--scope', 'users:read', '--user', '1');
  assert.equal(await get('/users/1', userToken), 200, 'a running server knows a new token');
  assert.equal(await get('/users/2', userToken), 403);

  assert.equal(await get('/users/1', service), 200);
  assert.equal((await token('revoke', '1')).code, 0);
  await waitFor(async () => (await get('/users/1', service)) !== 200, {
    timeoutMs: 1_000,
    message: 'the revoked token is still accepted',
  });
  assert.equal(await get('/users/1', service), 401);
  assert.equal(await get('/users/1', 'your-token-here'), 401);
});

test('--scope accepts spaces and commas', async (t) => {
  const { token } = fixture(t);
  await token('create', '--name', 'a', '--scope', 'users:read,users:write', '--scope', 'tasks:read', 'users:read');
  assert.match((await token('list')).stdout, /^1 +a +users:read,users:write,tasks:read +-/m);
});

test('token rotate accepts the default that its help shows', async (t) => {
  const { token } = fixture(t);
  await token(...CREATE);
  const [, shown = ''] = /--overlap[^(]*\(default: (\S+)\)/.exec((await token('rotate', '--help')).stdout) ?? [];
  const until = async (...args: string[]) => {
    const { stderr } = await token('rotate', '1', ...args);
    return Date.parse(/valid until (\S+Z)\./.exec(stderr)?.[1] ?? '');
  };
  const [explicit, implicit] = [await until('--overlap', shown), await until()];
  assert.ok(Math.abs(implicit - explicit) < 60_000, `${shown}: ${explicit}, ${implicit}`);
});

test('token list, rotate and revoke create no database', async (t) => {
  const { token, databaseFile } = fixture(t);
  const url = whyNoPostgres() === undefined ? await emptyDatabase(t) : undefined;
  for (const args of [['list'], ['rotate', '1'], ['revoke', '1']]) {
    const { code, stderr } = await token(...args);
    assert.equal(code, 1);
    assert.match(stderr, /^task-api: there is no Task Management API database at \S+test\.db; .*\n$/);
    assert.equal(existsSync(databaseFile), false);
    if (url === undefined) continue;
    const { stderr: onPostgres } = await token(...args, '--database-url', url);
    assert.match(onPostgres, /^task-api: there is no Task Management API database at postgres:\S+; .*\n$/);
    assert.equal(await readVersion(url), 0);
  }
});

test('token list escapes control characters in a stored name', async (t) => {
  const { token, databaseFile } = fixture(t);
  await token(...CREATE);
  const db = new DatabaseSync(databaseFile);
  db.prepare('UPDATE tokens SET name = ?').run('x\n2  admin\u001b[2K\u202e\u2028');
  db.close();
  const { stdout } = await token('list');
  assert.equal(stdout.split('\n').length, 3);
  assert.ok(stdout.includes('x\\u{a}2  admin\\u{1b}[2K\\u{202e}\\u{2028} '), stdout);
});

const MISTAKES: [args: string[], message: RegExp][] = [
  [['create', '--scope', 'admin'], /required option '--name <name>' not specified/],
  [['create', '--name', 'x'], /required option '--scope <scope...>' not specified/],
  [['create', '--name', '', '--scope', 'admin'], /must have 1 to 100 characters/],
  [['create', '--name', 'x', '--scope', 'everything'], /Allowed choices are users:read/],
  [['create', '--name', 'x', '--scope', 'admin', '--plan', 'gold'], /--plan must be one of .*basic.*; it is gold/],
  [['create', '--name', 'x', '--scope', 'admin', '--expires', 'soon'], /must be a duration, such as 90d/],
  [['create', '--name', 'x', '--scope', 'admin', '--expires', '0d'], /must be a duration, such as 90d/],
  [['create', '--name', 'x', '--scope', 'users:read', '--user', '7'], /there is no user 7; create the user first/],
  [['create', '--name', 'x', '--scope', 'users:read', '--user', '01'], /must be an integer from 1/],
  [['create', '--name', 'x', '--scope', 'admin', '--user', '1'], /the scope admin is not available to user tokens/],
  [['revoke', 'seven'], /must be an integer from 1/],
];

for (const [args, message] of MISTAKES) {
  test(`token ${args.join(' ')} reports the error on standard error, with exit code 1`, async (t) => {
    const { token } = fixture(t);
    const { code, stdout, stderr } = await token(...args);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}
