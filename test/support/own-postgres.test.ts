import assert from 'node:assert/strict';
import { cpSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startOwnPostgres } from './own-postgres.ts';
import { skipWithoutPostgres } from './postgres.ts';
import { findAccount, makeFolder } from './postgres-account.ts';
import { findPrograms, installedPrograms } from './postgres-programs.ts';
import { runProgram } from './run-program.ts';
import { tempFolder } from './temp-folder.ts';

test('PostgreSQL runs from a folder that only its owner can enter, and without the links of its install script', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { postgres } = await installedPrograms();
  // Mode 0700.
  const clone = tempFolder(t);
  const filter = (path: string) => !lstatSync(path).isSymbolicLink();
  cpSync(dirname(dirname(postgres)), join(clone, 'native'), { recursive: true, filter });
  const [initdb, server] = ['initdb', 'postgres'].map((name) => join(clone, 'native/bin', name)) as [string, string];
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const found = await findPrograms({ initdb, postgres: server }, account, folder);
  assert.notEqual(found.postgres, server);
  assert.match(
    await runProgram(found.postgres, ['--version'], { ...account, cwd: folder }),
    /^postgres \(PostgreSQL\) /,
  );
});

test('PostgreSQL’s data folder is accessible to its user even if TMPDIR is not', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { TMPDIR } = process.env;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  process.env.TMPDIR = tempFolder(t);
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.equal(statSync(folder).mode & 0o777, 0o755);
  await runProgram('sh', ['-c', 'cd "$0"', folder], account);
});

test('PostgreSQL that cannot start reports the reason and leaves no files', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const account = await findAccount();
  const parent = await makeFolder(account, undefined);
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  await assert.rejects(startOwnPostgres(['-c', 'no_such_setting=1'], parent), {
    message: /^PostgreSQL ended: .*unrecognized configuration parameter "no_such_setting"/,
  });
  assert.deepEqual(readdirSync(parent), []);
});
