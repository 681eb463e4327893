import { test as registerTest, type TestContext, type TestOptions } from 'node:test';
import { withoutPostgres } from './postgres.ts';

export type Engine = 'sqlite' | 'postgres';

const engines = new WeakMap<TestContext, Engine>();

/** The database that a test is to run on: SQLite, unless {@link test} says otherwise. */
export function engineOf(t: TestContext): Engine {
  return engines.get(t) ?? 'sqlite';
}

type Run = (t: TestContext) => void | Promise<void>;

/** As `test` of node:test, but runs twice: `testApp` is once on SQLite, once on PostgreSQL. */
export function test(name: string, run: Run): void;
export function test(name: string, options: TestOptions, run: Run): void;
export function test(name: string, ...rest: [Run] | [TestOptions, Run]): void {
  const run = rest.at(-1) as Run;
  const options = rest.length === 2 ? rest[0] : {};
  for (const engine of ['sqlite', 'postgres'] as const) {
    registerTest(`${name} (${engine})`, options, async (t) => {
      if (engine === 'postgres' && withoutPostgres(t)) return;
      engines.set(t, engine);
      await run(t);
    });
  }
}
