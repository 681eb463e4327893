import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { runCli } from '../support/cli.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { AUDIENCE, startIssuer } from '../support/issuer.ts';
import { emptyDatabase, run, skipWithoutPostgres } from '../support/postgres.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { startServer } from '../support/server-process.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('doctor passes before and after the first start, and changes nothing', async (t) => {
  const folder = tempFolder(t);
  const env = { DATABASE_URL: `file:${join(folder, 'data', 'test.db')}`, PORT: '0' };
  const before = await runCli(['doctor'], env);
  assert.equal(before.code, 0, before.stdout);
  assert.match(before.stdout, /^ok {4}Node 26\./);
  assert.match(before.stdout, /test\.db does not exist; the first start creates it/);
  assert.ok(!existsSync(join(folder, 'data')));

  const migrated = await runCli(['migrate'], env);
  assert.match(migrated.stdout, /test\.db was updated from version 0 to \d+\.\n$/);
  assert.match((await runCli(['migrate'], env)).stdout, /test\.db is already at version \d+\.\n$/);
  const after = await runCli(['doctor'], env);
  assert.equal(after.code, 0);
  assert.match(after.stdout, /test\.db is at version \d+\n/);
});

test('doctor reports a failed check and what to do, with exit code 1', async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'empty.db'), '');
  await runCli(['doctor'], { DATABASE_URL: `file:${join(folder, 'empty.db')}`, PORT: '0' });
  assert.equal(statSync(join(folder, 'empty.db')).size, 0);
  writeFileSync(join(folder, 'test.db'), 'This is no database at all. '.repeat(10));
  const env = { DATABASE_URL: `file:${join(folder, 'test.db')}`, PORT: '0' };
  const { code, stdout, stderr } = await runCli(['doctor'], env);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /FAIL {2}.*test\.db is not a SQLite database\n {6}Choose another file with DATABASE_URL=file:PATH/,
  );
  assert.equal(stderr, 'task-api: 1 of 4 checks failed\n');
});

test('doctor checks the directory of backups', async (t) => {
  const folder = tempFolder(t);
  const env = { DATABASE_URL: `file:${join(folder, 'test.db')}`, PORT: '0' };
  const passed = await runCli(['doctor'], { ...env, BACKUP_TO: folder });
  assert.deepEqual([passed.code, passed.stderr], [0, '']);
  assert.ok(passed.stdout.includes(`ok    backups can be written to ${folder}\n`));
  const missing = join(folder, 'missing');
  const failed = await runCli(['doctor'], { ...env, BACKUP_TO: missing });
  assert.equal(failed.code, 1);
  assert.ok(
    failed.stdout.includes(`FAIL  backups cannot be written to ${missing} (ENOENT)\n      Create the directory`),
  );
});

test('doctor fetches the JWKS of the issuer', async (t) => {
  const issuer = await startIssuer(t);
  const env = { DATABASE_URL: `file:${join(tempFolder(t), 'test.db')}`, PORT: '0', JWT_AUDIENCE: AUDIENCE };
  const well = await runCli(['doctor'], { ...env, JWT_ISSUER: issuer.url });
  assert.equal(well.code, 0, well.stdout);
  assert.ok(well.stdout.includes(`ok    ${issuer.url} publishes 1 key\n`), well.stdout);
  const misspelt = await runCli(['doctor'], { ...env, JWT_ISSUER: `${issuer.url}/` });
  assert.equal(misspelt.code, 1);
  assert.match(
    misspelt.stdout,
    /FAIL {2}the JWKS of .* cannot be fetched: .* is of the issuer .*, not .*\n {6}Start the provider, or/,
  );
  await issuer.stop();
  const down = await runCli(['doctor'], { ...env, JWT_ISSUER: issuer.url });
  assert.match(down.stdout, /FAIL {2}the JWKS of .* cannot be fetched: connect ECONNREFUSED/);
});

test('doctor connects to the SMTP server', async (t) => {
  const smtp = await startSmtpServer(t);
  const { emailFrom, publicUrl } = EMAIL_TEST_SETTINGS;
  const email = { SMTP_URL: smtp.url, EMAIL_FROM: emailFrom, PUBLIC_URL: publicUrl };
  const env = { DATABASE_URL: `file:${join(tempFolder(t), 'test.db')}`, PORT: '0', ...email };
  const well = await runCli(['doctor'], env);
  assert.equal(well.code, 0, well.stdout);
  assert.match(well.stdout, /^ok {4}the SMTP server 127\.0\.0\.1, port \d+ accepts the connection$/m);
  await smtp.close();
  const down = await runCli(['doctor'], env);
  assert.equal(down.code, 1);
  assert.match(down.stdout, /FAIL {2}the SMTP server .* cannot be used: connect ECONNREFUSED .*\n {6}Start it, or/);
});

test('doctor connects to Redis', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const env = { DATABASE_URL: `file:${join(tempFolder(t), 'test.db')}`, PORT: '0', REDIS_URL: redis.url };
  const well = await runCli(['doctor'], env);
  assert.equal(well.code, 0, well.stdout);
  assert.ok(well.stdout.includes(`ok    ${redis.url} responds\n`), well.stdout);
  const withPassword = await runCli(['doctor'], { ...env, REDIS_URL: redis.url.replace('//', '//unknown:secret@') });
  assert.equal(withPassword.code, 1);
  assert.match(withPassword.stdout, /FAIL {2}redis:\/\/127\.0\.0\.1:\d+ cannot be used: WRONGPASS/);
  assert.ok(!withPassword.stdout.includes('secret'));
  redis.process.kill('SIGSTOP');
  const paused = await runCli(['doctor'], env);
  assert.match(paused.stdout, /FAIL {2}redis:.* cannot be used: no response within 3 s\n {6}Start Redis, or correct/);
  await redis.stop();
  const down = await runCli(['doctor'], env);
  assert.equal(down.code, 1);
  assert.match(down.stdout, /FAIL {2}redis:.* cannot be used: connect ECONNREFUSED/);
});

test('doctor distinguishes the reasons why PostgreSQL cannot be used', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  const doctor = async (change: (url: URL) => void) => {
    const changed = new URL(url);
    change(changed);
    const { code, stdout } = await runCli(['doctor'], { DATABASE_URL: changed.href, PORT: '0' });
    assert.equal(code, 1);
    assert.ok(!stdout.includes(changed.password), stdout);
    return stdout;
  };
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const [missing, login, down, unknown, timeout] = await Promise.all([
    doctor((changed) => Object.assign(changed, { pathname: '/no_such', password: 'postgres' })),
    doctor((changed) => Object.assign(changed, { password: 'wrong-password' })),
    doctor((changed) => Object.assign(changed, { port: '1', password: 'p4ssword' })),
    doctor((changed) => Object.assign(changed, { hostname: 'host.invalid', password: 'p4ssword' })),
    doctor((changed) => Object.assign(changed, { port: (silent.address() as AddressInfo).port, password: 'p4ssword' })),
  ]);
  assert.match(missing, /FAIL {2}there is no database no_such on 127\.0\.0\.1:\d+\n {6}Create it, or correct its name/);
  assert.match(
    login,
    /FAIL {2}127\.0\.0\.1:\d+ rejects the login \(password auth.* failed .*\)\n {6}Correct the user and/,
  );
  assert.match(down, /FAIL {2}PostgreSQL is not running at 127\.0\.0\.1:1 \(ECONNREFUSED\)\n {6}Start it, or correct/);
  assert.match(unknown, /FAIL {2}the host host\.invalid cannot be found \(E\w+\)\n {6}Correct it/);
  assert.match(timeout, /FAIL {2}127\.0\.0\.1:\d+ does not respond within 5 s\n {6}Check the host and port/);
});

test('doctor tries to create a table if migrations are pending', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = new URL(await emptyDatabase(t));
  const role = `guest_${process.pid}`;
  await run(url.href, `CREATE ROLE ${role} LOGIN PASSWORD 'guest'`);
  // By then the database is dropped.
  t.after(() => run(new URL('postgres', url).href, `DROP ROLE ${role}`));
  const guest = new URL(url);
  Object.assign(guest, { username: role, password: 'guest' });
  const doctor = () => runCli(['doctor'], { DATABASE_URL: guest.href, PORT: '0' });
  const without = await doctor();
  assert.equal(without.code, 1);
  assert.match(
    without.stdout,
    /FAIL {2}tables cannot be created in the database \(permission denied for schema public\)\n {6}Let the user .*GRANT CREATE/,
  );
  await run(url.href, `GRANT CREATE ON SCHEMA public TO ${role}`);
  const granted = await doctor();
  assert.equal(granted.code, 0, granted.stdout);
  assert.match(granted.stdout, /is at version 0; the next start updates it to \d+\n/);
  // An up-to-date database needs no more tables.
  await migrate(guest.href);
  await run(url.href, `REVOKE CREATE ON SCHEMA public FROM ${role}`);
  assert.equal((await doctor()).code, 0);
  assert.match((await runCli(['migrate'], { DATABASE_URL: guest.href })).stdout, /is already at version \d+/);
});

test('doctor distinguishes an unreadable file from a missing one', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  writeFileSync(file, '', { mode: 0o000 });
  // root reads everything, unless that is taken from it.
  const asOwner = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : [];
  const { code, stdout } = await runCli(['doctor'], { DATABASE_URL: `file:${file}`, PORT: '0' }, asOwner);
  assert.equal(code, 1);
  assert.match(stdout, /FAIL {2}.*test\.db cannot be read and written by this user \(EACCES\)\n {6}Give the file/);
});

test('doctor and the start report database files that other users can read', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'test.db');
  const first = await startServer({ databaseFile: file });
  await first.stop();
  assert.ok(!first.log.some(({ msg }) => String(msg).startsWith('other users')));
  chmodSync(file, 0o644);
  chmodSync(`${file}.key`, 0o640);
  const doctor = () => runCli(['doctor'], { DATABASE_URL: `file:${file}`, PORT: '0' });
  // Other users cannot enter the directory.
  assert.equal((await doctor()).code, 0);
  chmodSync(folder, 0o755);
  const { code, stdout } = await doctor();
  assert.equal(code, 1);
  assert.ok(stdout.includes(`FAIL  other users can read or write ${file} (0644), `), stdout);
  assert.ok(stdout.includes(`, ${file}.key (0640)\n`), stdout);
  assert.ok(stdout.includes(`: chmod 600 ${file} `), stdout);
  const second = await startServer({ databaseFile: file });
  await second.stop();
  const warned = second.log.filter(({ msg }) => String(msg).startsWith('other users of this machine'));
  assert.deepEqual(
    warned.map((line) => [line.file, line.mode]),
    [
      [file, '0644'],
      // The log has the permissions of the file.
      [`${file}-wal`, '0644'],
      [`${file}-shm`, '0644'],
      [`${file}.key`, '0640'],
    ],
  );
});
