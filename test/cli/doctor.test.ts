import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { AUDIENCE, startIssuer } from '../support/issuer.ts';
import { MAIL_SETTINGS } from '../support/mail-app.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('doctor finds a machine in order, before and after the first start, and changes nothing', async (t) => {
  const folder = tempFolder(t);
  const env = { DATABASE_URL: `file:${join(folder, 'data', 'test.db')}`, PORT: '0' };
  const before = await runCli(['doctor'], env);
  assert.equal(before.code, 0, before.stdout);
  assert.match(before.stdout, /^ok {4}Node 26\./);
  assert.match(before.stdout, /test\.db will be created at the first start/);
  assert.ok(!existsSync(join(folder, 'data')));

  const migrated = await runCli(['migrate'], env);
  assert.match(migrated.stdout, /test\.db went from version 0 to \d+\.\n$/);
  assert.match((await runCli(['migrate'], env)).stdout, /test\.db is at version \d+ already\.\n$/);
  const after = await runCli(['doctor'], env);
  assert.equal(after.code, 0);
  assert.match(after.stdout, /test\.db is at version \d+\n/);
});

test('doctor says what is amiss and what to do, exit code 1', async (t) => {
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
  assert.equal(stderr, 'task-api: 1 of 4 checks failed; see above for what to do\n');
});

test('doctor asks the issuer of JWTs for its keys', async (t) => {
  const issuer = await startIssuer(t);
  const env = { DATABASE_URL: `file:${join(tempFolder(t), 'test.db')}`, PORT: '0', JWT_AUDIENCE: AUDIENCE };
  const well = await runCli(['doctor'], { ...env, JWT_ISSUER: issuer.url });
  assert.equal(well.code, 0, well.stdout);
  assert.ok(well.stdout.includes(`ok    ${issuer.url} publishes 1 key\n`), well.stdout);
  const misspelt = await runCli(['doctor'], { ...env, JWT_ISSUER: `${issuer.url}/` });
  assert.equal(misspelt.code, 1);
  assert.match(
    misspelt.stdout,
    /FAIL {2}the keys of .* cannot be read: .* is of the issuer .*, not .*\n {6}Start it, or/,
  );
  await issuer.stop();
  const away = await runCli(['doctor'], { ...env, JWT_ISSUER: issuer.url });
  assert.match(away.stdout, /FAIL {2}the keys of .* cannot be read: connect ECONNREFUSED/);
});

test('doctor asks the mail server to let the service in', async (t) => {
  const smtp = await startSmtpServer(t);
  const { mailFrom, publicUrl } = MAIL_SETTINGS;
  const mail = { SMTP_URL: smtp.url, MAIL_FROM: mailFrom, PUBLIC_URL: publicUrl };
  const env = { DATABASE_URL: `file:${join(tempFolder(t), 'test.db')}`, PORT: '0', ...mail };
  const well = await runCli(['doctor'], env);
  assert.equal(well.code, 0, well.stdout);
  assert.match(well.stdout, /^ok {4}the mail server 127\.0\.0\.1, port \d+ lets this service in$/m);
  await smtp.close();
  const away = await runCli(['doctor'], env);
  assert.equal(away.code, 1);
  assert.match(away.stdout, /FAIL {2}the mail server .* cannot be used: connect ECONNREFUSED .*\n {6}Start it, or/);
});
