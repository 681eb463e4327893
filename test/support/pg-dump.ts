import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startOwnPostgres } from './own-postgres.ts';
import { installedPrograms } from './postgres-programs.ts';
import { runProgram } from './run-program.ts';

/**
 * The URL of an empty database that the installed pg_dump can back up: on the server of the tests if pg_dump is as new,
 * otherwise on one of the system's own version. Without either, the test is skipped; with `CI=true` it throws.
 *
 * @param newDatabase creates a database on the server of the tests.
 */
export async function databaseForPgDump(
  t: TestContext,
  newDatabase: (t: TestContext) => Promise<string>,
): Promise<string | undefined> {
  const version = await majorVersion('pg_dump');
  const tested = await majorVersion((await installedPrograms()).postgres);
  if (version !== undefined && tested !== undefined && version >= tested) return newDatabase(t);
  // Where Debian has it.
  const folder = join('/usr/lib/postgresql', String(version), 'bin');
  const [initdb, postgres] = ['initdb', 'postgres'].map((name) => join(folder, name)) as [string, string];
  if (existsSync(initdb) && existsSync(postgres)) {
    const server = await startOwnPostgres(['-c', 'fsync=off'], undefined, { initdb, postgres });
    t.after(() => server.remove());
    return server.url;
  }
  const reason = `NOT TESTED: needs pg_dump ${tested} or later, or pg_dump and the server of the same version`;
  assert.ok(!process.env.CI, reason);
  t.skip(reason);
  return undefined;
}

/** The major version that a PostgreSQL program prints, or undefined if it is not installed. */
export async function majorVersion(program: string): Promise<number | undefined> {
  try {
    const output = await runProgram(program, ['--version']);
    return Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1]);
  } catch {
    return undefined;
  }
}
