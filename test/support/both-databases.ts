import assert from 'node:assert/strict';
import { type TestContext, type TestOptions, test } from 'node:test';
import { skipWithoutPostgres } from './postgres.ts';
import { difference, Transcript } from './transcript.ts';

export type Engine = 'sqlite' | 'postgres';

const engines = new WeakMap<TestContext, Engine>();

/** The database that a test runs on: SQLite, unless {@link testOnBothDatabases} registered it. */
export function engineOf(t: TestContext): Engine {
  return engines.get(t) ?? 'sqlite';
}

/** Selects the database of a test that runs on one only. */
export function selectEngine(t: TestContext, engine: Engine): void {
  engines.set(t, engine);
}

type Run = (t: TestContext) => void | Promise<void>;

export interface BothDatabasesOptions extends TestOptions {
  /** Why the responses cannot be compared. Without a reason, both databases must give the same responses. */
  responsesDiffer?: string;
}

/**
 * Like `test` of node:test, but runs the test twice: `testApp` uses SQLite first, then PostgreSQL. The PostgreSQL run
 * fails if a response differs from the SQLite run by more than `difference` in `transcript.ts` allows. If a name pattern
 * skips the SQLite run, a diagnostic reports that nothing was compared.
 */
export function testOnBothDatabases(name: string, run: Run): void;
export function testOnBothDatabases(name: string, options: BothDatabasesOptions, run: Run): void;
export function testOnBothDatabases(name: string, ...rest: [Run] | [BothDatabasesOptions, Run]): void {
  const run = rest.at(-1) as Run;
  const { responsesDiffer, ...options }: BothDatabasesOptions = rest.length === 2 ? rest[0] : {};
  let onSqlite: Transcript | undefined;
  for (const engine of ['sqlite', 'postgres'] as const) {
    test(`${name} (${engine})`, options, async (t) => {
      if (engine === 'postgres' && skipWithoutPostgres(t)) return;
      engines.set(t, engine);
      if (responsesDiffer !== undefined) return run(t);
      const transcript = new Transcript();
      await transcript.record(() => run(t));
      if (engine === 'sqlite') onSqlite = transcript;
      else if (onSqlite !== undefined) assertSameResponses(onSqlite, transcript);
      else t.diagnostic('NOT COMPARED: the test did not pass on SQLite in this run');
    });
  }
}

function assertSameResponses(onSqlite: Transcript, onPostgres: Transcript): void {
  const found = difference(onSqlite.exchanges, onPostgres.exchanges);
  assert.ok(found === undefined, `PostgreSQL (+) and SQLite (-) respond differently, ${found}`);
}
