import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { migrate } from '../../../src/storage/postgres/migrate.ts';
import { createPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { runCli } from '../../support/cli.ts';
import { startOwnPostgres } from '../../support/own-postgres.ts';
import { skipWithoutPostgres } from '../../support/postgres.ts';
import { findAccount, makeFolder } from '../../support/postgres-account.ts';
import { runProgram } from '../../support/run-program.ts';

/** Skips the test if there is no `openssl` to make a certificate with, except in CI. */
function withoutOpenssl(t: TestContext): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return false;
  assert.ok(!process.env.CI, 'CI must test TLS to PostgreSQL, and there is no openssl');
  t.skip('TLS TO POSTGRESQL IS NOT TESTED: openssl is not installed');
  return true;
}

/** A server that speaks TLS, with a certificate for `localhost` that signs itself. */
async function tlsServer(t: TestContext) {
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  await runProgram('openssl', ['req', '-x509', '-days', '2', ...made, '-out', certificate, ...subject]);
  chmodSync(key, 0o600);
  if (account.uid !== undefined) chownSync(key, account.uid, account.gid);
  const settings = ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`, 'fsync=off'];
  const server = await startOwnPostgres(settings.flatMap((setting) => ['-c', setting]));
  t.after(() => server.remove());
  return { url: server.url, certificate };
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
