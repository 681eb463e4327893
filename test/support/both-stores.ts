import { test as registerTest, type TestContext } from 'node:test';
import { withoutPostgres } from './postgres.ts';

export type Engine = 'sqlite' | 'postgres';

const engines = new WeakMap<TestContext, Engine>();

/** The database that a test is to run on: SQLite, unless {@link test} says otherwise. */
export function engineOf(t: TestContext): Engine {
  return engines.get(t) ?? 'sqlite';
}

/** As `test` of node:test, but runs twice: `testApp` is once on SQLite, once on PostgreSQL. */
export function test(name: string, run: (t: TestContext) => void | Promise<void>): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    registerTest(`${name} (${engine})`, async (t) => {
      if (engine === 'postgres' && withoutPostgres(t)) return;
      engines.set(t, engine);
      await run(t);
    });
  }
}
