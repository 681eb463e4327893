import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { migrate } from '../../../src/storage/postgres/migrate.ts';
import { createPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { runCli } from '../../support/cli.ts';
import { JOHN } from '../../support/examples.ts';
import { startOwnPostgres } from '../../support/own-postgres.ts';
import { run, skipWithoutPostgres } from '../../support/postgres.ts';
import { findAccount, makeFolder } from '../../support/postgres-account.ts';
import { runProgram } from '../../support/run-program.ts';
import { startServer } from '../../support/server-process.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Skips the test if there is no `openssl` to make a certificate with, except in CI. */
function withoutOpenssl(t: TestContext): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return false;
  assert.ok(!process.env.CI, 'CI must test TLS to PostgreSQL, and there is no openssl');
  t.skip('TLS TO POSTGRESQL IS NOT TESTED: openssl is not installed');
  return true;
}

/** A server that speaks TLS, with a certificate for `localhost` that signs itself, and that can be replaced. */
async function tlsServer(t: TestContext) {
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  const makeCertificate = async () => {
    await runProgram('openssl', ['req', '-x509', '-days', '2', ...made, '-out', certificate, ...subject]);
    chmodSync(key, 0o600);
    if (account.uid !== undefined) chownSync(key, account.uid, account.gid);
  };
  await makeCertificate();
  const settings = ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`, 'fsync=off'];
  const server = await startOwnPostgres(settings.flatMap((setting) => ['-c', setting]));
  t.after(() => server.remove());
  const renewCertificate = async () => {
    await makeCertificate();
    await run(server.url, 'SELECT pg_reload_conf()');
  };
  return { url: server.url, certificate, renewCertificate };
}

test('sslmode has the meaning that it has in libpq, without a warning', async (t) => {
  if (skipWithoutPostgres(t) || withoutOpenssl(t)) return;
  const { url, certificate } = await tlsServer(t);
  const named = url.replace('127.0.0.1', 'localhost');
  const ca = `sslrootcert=${certificate}`;

  for (const [base, query] of [
    [url, 'sslmode=disable'],
    [url, 'sslmode=require'],
    [url, `sslmode=verify-ca&${ca}`],
    [named, `sslmode=verify-full&${ca}`],
  ] as const) {
    const { code, stderr } = await runCli(['migrate', '--database-url', `${base}?${query}`]);
    assert.deepEqual([code, stderr], [0, ''], query);
  }
  for (const [base, query, says] of [
    [url, 'sslmode=verify-full', /self-signed certificate/],
    [url, `sslmode=verify-full&${ca}`, /does not match certificate's altnames/],
    [url, 'sslmode=verify-full&sslrootcert=/nowhere/ca.pem', /ENOENT/],
  ] as const) {
    const { code, stderr } = await runCli(['migrate', '--database-url', `${base}?${query}`]);
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.match(stderr, /^task-api: [^\n]+\n$/);
  }

  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  await migrate(`${url}?sslmode=require`);
  const store = createPostgresStore({ url: `${url}?sslmode=require`, clock: Date.now, onError: () => undefined });
  assert.equal(await store.users.get(1), undefined);
  await store.close();
  assert.deepEqual(warnings, []);
});

test('sslmode=require does not connect to a server without TLS', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const server = await startOwnPostgres(['-c', 'fsync=off']);
  t.after(() => server.remove());
  const { code, stderr } = await runCli(['migrate', '--database-url', `${server.url}?sslmode=require`]);
  assert.equal(code, 1);
  assert.match(stderr, /^task-api: .*The server does not support SSL connections.*\n$/);
});

test('a new password, certificate and CA of PostgreSQL need no restart', async (t) => {
  if (skipWithoutPostgres(t) || withoutOpenssl(t)) return;
  const { url, certificate, renewCertificate } = await tlsServer(t);
  await run(url, "CREATE ROLE task_api LOGIN PASSWORD 'first'; GRANT CREATE ON SCHEMA public TO task_api");
  const folder = tempFolder(t);
  const [ca, passwords] = [join(folder, 'ca.pem'), join(folder, 'passwords')];
  const trustCertificate = () => copyFileSync(certificate, ca);
  const writePassword = (password: string) =>
    writeFileSync(passwords, `*:*:tasks:task_api:${password}\n`, { mode: 0o600 });
  trustCertificate();
  writePassword('first');
  const server = await startServer({
    databaseUrl: `postgres://task_api@localhost:${new URL(url).port}/tasks?sslmode=verify-full&sslrootcert=${ca}`,
    wrap: ['env', '-u', 'PGPASSWORD', `PGPASSFILE=${passwords}`],
  });
  t.after(() => server.stop('SIGKILL'));
  let created = 0;
  const createUser = async () => {
    const response = await fetch(`${server.url}/users`, {
      method: 'POST',
      headers: { authorization: 'Bearer your-token-here', 'content-type': 'application/json' },
      body: JSON.stringify({ ...JOHN, contactEmail: `user${created++}@example.com` }),
    });
    return response.status;
  };
  const becomes = (status: number, message: string) =>
    waitFor(async () => (await createUser()) === status, { message });
  const closeConnections = () =>
    run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'task_api'");

  assert.equal(await createUser(), 201);
  await run(url, "ALTER ROLE task_api PASSWORD 'second'");
  assert.equal(await createUser(), 201, 'open connections stay open');
  await closeConnections();
  await becomes(503, 'the old password is still accepted');
  writePassword('second');
  await becomes(201, 'the new password is not used');

  const old = readFileSync(certificate, 'utf8');
  await renewCertificate();
  assert.notEqual(readFileSync(certificate, 'utf8'), old);
  await closeConnections();
  await becomes(503, 'a certificate of an unknown CA is accepted');
  rmSync(ca);
  assert.equal(await createUser(), 503, 'without the file, the last CA is used');
  trustCertificate();
  await becomes(201, 'the new CA is not used');

  assert.doesNotMatch(server.stderr(), /warning/i);
  assert.equal(await server.stop(), 0);
});
