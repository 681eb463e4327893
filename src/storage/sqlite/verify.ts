import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { Progress } from '../../domain/progress.ts';
import { openReader } from './database.ts';
import { translateOpenError } from './errors.ts';
import { checkVersion, latestVersion, migrate } from './migrate.ts';
import { prepare, type Row } from './rows.ts';
import type { Check } from './verify-check.ts';
import { LOG_CHECKS } from './verify-log.ts';
import { VALUE_CHECKS } from './verify-values.ts';
import { wordChecks } from './verify-words.ts';

export interface Verification {
  /** The number of rows of each table. */
  counts: Map<string, number>;
  /** What is wrong: at most {@link MAX_SHOWN} for each check. */
  problems: string[];
  /** The number of errors found, including those that are not in `problems`. */
  errors: number;
}

const MAX_SHOWN = 20;
/** After how many rows the event loop continues, so that progress is shown. */
const ROWS_PER_TURN = 5_000;

const STRUCTURE_CHECKS: readonly Check[] = [
  {
    title: 'checking pages and indexes',
    query: 'PRAGMA integrity_check',
    problemOf: ([text]) => (text === 'ok' ? undefined : `integrity check: ${text}`),
  },
  {
    title: 'checking references',
    query: 'PRAGMA foreign_key_check',
    problemOf: ([table, row, parent]) =>
      `${table}: ${row === null ? 'a row' : `row ${row}`} refers to a row that is missing in ${parent}`,
  },
];

/**
 * Checks everything that can be verified in a database, in one snapshot. Other processes may write the file.
 *
 * @throws StoreUnusable if the file is not a database of this program, or newer than it.
 */
export async function verifyDatabase(file: string, progress: Progress): Promise<Verification> {
  const result: Verification = { counts: new Map(), problems: [], errors: 0 };
  let db: DatabaseSync | undefined;
  try {
    db = openReader(file);
    db.exec('BEGIN');
    const version = checkVersion(db);
    const checks = version === latestVersion() ? [schemaCheck(db)] : [];
    checks.push(...STRUCTURE_CHECKS, ...LOG_CHECKS, ...VALUE_CHECKS);
    for (const check of checks) await runCheck(db, check, result, progress);
    // Prepared afterwards, because that fails if their tables are missing.
    if (version === latestVersion()) for (const check of wordChecks(db)) await runCheck(db, check, result, progress);
    for (const table of ['users', 'tasks', 'changes']) result.counts.set(table, countRows(db, table));
    return result;
  } catch (error) {
    if (db === undefined || result.errors === 0) throw translateOpenError(error, file);
    return result;
  } finally {
    db?.close();
  }
}

async function runCheck(db: DatabaseSync, check: Check, result: Verification, progress: Progress): Promise<void> {
  const problems: string[] = [];
  let errors = 0;
  const add = (problem: string | undefined) => {
    if (problem === undefined) return;
    errors++;
    if (problems.length < MAX_SHOWN) problems.push(problem);
  };
  try {
    progress.start(check.title, check.rows ? 'rows' : 'steps', check.rows ? countRows(db, check.rows) : 1, 0);
    const statement = db.prepare(check.query);
    statement.setReturnArrays(true);
    let rows = 0;
    for (const row of statement.iterate() as unknown as Iterable<Row>) {
      add(check.problemOf(row));
      if (++rows % ROWS_PER_TURN > 0) continue;
      if (check.rows) progress.advance(ROWS_PER_TURN);
      await setImmediate();
    }
    progress.advance(check.rows ? rows % ROWS_PER_TURN : 1);
  } catch (error) {
    // A damaged page ends the query, but other tables may be readable.
    add(`${check.title} failed: ${(error as Error).message}`);
  } finally {
    progress.stop();
  }
  result.problems.push(...problems);
  if (errors > problems.length) result.problems.push(`${check.title}: ${errors - problems.length} more`);
  result.errors += errors;
}

/** Compares the schema with that of a new database. */
function schemaCheck(db: DatabaseSync): Check {
  const expected = new DatabaseSync(':memory:');
  migrate(expected);
  const query = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'";
  const schema = new Map(prepare(expected, query).all() as [string, string][]);
  expected.close();
  const present = new Set(
    prepare(db, 'SELECT name FROM sqlite_schema')
      .all()
      .map(([name]) => name),
  );
  const missing = [...schema.keys()].filter((name) => !present.has(name));
  const values = missing.map((name) => `SELECT '${name}', NULL`);
  return {
    title: 'checking the schema',
    query: [query, ...values].join(' UNION ALL '),
    problemOf: ([name, sql]) => {
      if (sql === null) return `schema: ${name} is missing`;
      if (schema.get(name as string) === sql) return undefined;
      return schema.has(name as string) ? `schema: ${name} differs from that of this program` : undefined;
    },
  };
}

function countRows(db: DatabaseSync, from: string): number {
  return prepare(db, `SELECT count(*) FROM ${from}`).get()?.[0] as number;
}
