import assert from 'node:assert/strict';
import { test as registerTest, type TestContext, type TestOptions } from 'node:test';
import { withoutPostgres } from './postgres.ts';
import { difference, Transcript } from './transcript.ts';

export type Engine = 'sqlite' | 'postgres';

const engines = new WeakMap<TestContext, Engine>();

/** The database that a test is to run on: SQLite, unless {@link test} says otherwise. */
export function engineOf(t: TestContext): Engine {
  return engines.get(t) ?? 'sqlite';
}

type Run = (t: TestContext) => void | Promise<void>;

export interface BothStoresOptions extends TestOptions {
  /** Why the answers on both databases cannot be the same. Without a reason they must be, byte for byte. */
  answersDiffer?: string;
}

/**
 * As `test` of node:test, but runs twice: `testApp` is once on SQLite, once on PostgreSQL. The second run fails when an
 * answer is not what it was in the first, but for what `difference` in `transcript.ts` lets pass.
 */
export function test(name: string, run: Run): void;
export function test(name: string, options: BothStoresOptions, run: Run): void;
export function test(name: string, ...rest: [Run] | [BothStoresOptions, Run]): void {
  const run = rest.at(-1) as Run;
  const { answersDiffer, ...options }: BothStoresOptions = rest.length === 2 ? rest[0] : {};
  let onSqlite: Transcript | undefined;
  for (const engine of ['sqlite', 'postgres'] as const) {
    registerTest(`${name} (${engine})`, options, async (t) => {
      if (engine === 'postgres' && withoutPostgres(t)) return;
      engines.set(t, engine);
      if (answersDiffer !== undefined) return run(t);
      const transcript = new Transcript();
      await transcript.record(() => run(t));
      if (engine === 'sqlite') onSqlite = transcript;
      else if (onSqlite !== undefined) assertSameAnswers(onSqlite, transcript);
    });
  }
}

function assertSameAnswers(onSqlite: Transcript, onPostgres: Transcript): void {
  const found = difference(onSqlite.exchanges, onPostgres.exchanges);
  assert.ok(found === undefined, `PostgreSQL (+) does not answer as SQLite (-) does, ${found}`);
}
