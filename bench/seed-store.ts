import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { storedWords, TASK_SEARCH, USER_SEARCH } from '../src/storage/sql/search-words.ts';
import { openDatabase } from '../src/storage/sqlite/database.ts';
import { migrate } from '../src/storage/sqlite/migrate.ts';
import { SearchIndex } from '../src/storage/sqlite/search-index.ts';

export interface SeedOptions {
  /** Path of the file, which must not exist. */
  file: string;
  users: number;
  tasks: number;
  /** How many of the users, the first, have {@link HEAVY_TASKS} tasks each on top. */
  heavyUsers: number;
}

export const HEAVY_TASKS = 100_000;

/**
 * A word that {@link RARE_TASKS} tasks have, and one that every second task has. The rare one is among the numbers of the
 * titles in the alphabet, as rare words are among others in longer texts: FTS5 takes longer for a word right after a
 * frequent one.
 */
export const SEARCHED = { rare: '5s', frequent: 'sentence' };
/** How many tasks have the rare word. */
export const RARE_TASKS = 100;
/** Words of which no task has two. */
export const VERBS = ['Write', 'Call', 'Order', 'Review', 'Repair', 'Plan', 'Pay', 'Test'] as const;

/** Have no factor in common with the range, so that multiples run through all of it in no order. */
const RANGE = 1_000_000_000;
const STRIDE = 618_033_989;

const FIRST_NAMES = ['Ada', 'Björn', 'Chloé', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hiro', 'Ines', 'John'];
const LAST_NAMES = ['Adeyemi', 'Brown', 'Chen', 'Doe', 'Eriksen', 'Fischer', 'García', 'Haddad', 'Ivanov', 'Jones'];
const STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'];
const OFFSETS = [0, 10, 60, 120, 1440, 2880];

const START = Date.parse('2026-01-01T00:00:00Z');
const TWO_YEARS = 2 * 365 * 24 * 3600;

/** A number below RANGE, another for each n. */
function scatter(n: number): number {
  return (n * STRIDE) % RANGE;
}

function pick<T>(from: readonly T[], n: number): T {
  return from[Math.floor(scatter(n) / 7) % from.length] as T;
}

/**
 * Fills a new file, always with the same rows. Without secondary indexes while it inserts and without syncs, so ten
 * million tasks take minutes; in the end the schema is a migrated one, which is checked.
 *
 * @param onStep called `steps` times in all, with what is done next.
 * @throws when the file exists.
 */
export function seed(options: SeedOptions, onStep: (what: string) => void, steps: number): void {
  if (existsSync(options.file)) throw new Error(`${options.file} exists already`);
  const db = openDatabase(options.file);
  migrate(db);
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA temp_store = MEMORY');
  const schema = readSchema(db);
  const indexes = schema.filter(({ type, sql }) => type === 'index' && sql !== null);
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);

  const taskCount = options.tasks + options.heavyUsers * HEAVY_TASKS;
  const total = options.users + taskCount;
  const share = Math.max(1, steps - indexes.length);
  let inserted = 0;
  let reported = 0;
  const report = () => {
    for (inserted++; reported < share && inserted >= (reported * total) / share; reported++) {
      onStep(`${Math.round((100 * inserted) / total)} % of the rows`);
    }
  };
  insertUsers(db, options.users, report);
  insertTasks(db, options, taskCount, report);
  for (const { name, sql } of indexes) {
    onStep(`the index ${name}`);
    db.exec(sql as string);
  }
  if (JSON.stringify(readSchema(db)) !== JSON.stringify(schema)) throw new Error('the schema is not as it was');
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

function insertUsers(db: DatabaseSync, count: number, onRow: () => void): void {
  const insert = db.prepare(
    `INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
     VALUES (?1, ?2, ?3, ?3, ?4, ?4)`,
  );
  const words = new SearchIndex(db, USER_SEARCH);
  inTransactions(db, count, (n) => {
    const address = `user${String(scatter(n)).padStart(9, '0')}@example.com`;
    const firstName = `${pick(FIRST_NAMES, n)} ${scatter(n) % 1000}`;
    const lastName = `${pick(LAST_NAMES, n + 1)} ${n % 777}`;
    insert.run(firstName, lastName, address, START + n);
    words.add(n, storedWords(firstName, lastName, address));
    onRow();
  });
}

function insertTasks(
  db: DatabaseSync,
  { users, tasks, heavyUsers }: SeedOptions,
  count: number,
  onRow: () => void,
): void {
  const insert = db.prepare(
    `INSERT INTO tasks (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at)
     VALUES (?, ?, ?, ?, ?, ? * 1000, ?, ?)`,
  );
  const spread = heavyUsers === 0 ? 0 : Math.max(1, Math.floor(count / (heavyUsers * HEAVY_TASKS)));
  const words = new SearchIndex(db, TASK_SEARCH);
  const rareEvery = Math.floor(count / RARE_TASKS);
  let heavy = 0;
  let light = 0;
  inTransactions(db, count, (n) => {
    // Those of the heavy users lie between the others, as they would had they come one by one.
    const isHeavy = heavy < heavyUsers * HEAVY_TASKS && (n % spread === 0 || light === tasks);
    const userId = isHeavy ? 1 + (heavy++ % heavyUsers) : 1 + (scatter(++light) % users);
    const dueAt = START + (scatter(n) % TWO_YEARS) * 1000;
    const rare = n % rareEvery === 0 && n / rareEvery <= RARE_TASKS ? ` ${SEARCHED.rare}` : '';
    const title = `${pick(VERBS, n)} number ${scatter(n) % 100_000}${rare}`;
    const description =
      n % 2 === 0 ? `What is to be done, in a ${SEARCHED.frequent} or two of the usual length.` : null;
    words.add(n, storedWords(title, description));
    insert.run(
      userId,
      title,
      description,
      pick(STATUSES, n),
      new Date(dueAt).toISOString(),
      dueAt,
      pick(OFFSETS, n),
      START + n,
    );
    onRow();
  });
}

const ROWS_A_TRANSACTION = 50_000;

function inTransactions(db: DatabaseSync, count: number, insert: (n: number) => void): void {
  for (let n = 1; n <= count; ) {
    db.exec('BEGIN');
    for (const end = Math.min(n + ROWS_A_TRANSACTION, count + 1); n < end; n++) insert(n);
    db.exec('COMMIT');
  }
}

function readSchema(db: DatabaseSync): { type: string; name: string; sql: string | null }[] {
  const rows = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
  return rows as unknown as ReturnType<typeof readSchema>;
}
