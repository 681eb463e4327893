import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { verifyDatabase } from '../../../src/storage/sqlite/verify.ts';
import { makeCopySource } from '../../support/copy-source.ts';
import { ACTOR, created } from '../../support/created.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const SILENT = { start: () => undefined, advance: () => undefined, stop: () => undefined };
const NOW = Date.parse('2026-03-01T12:00:00Z');
const DUE = Date.parse('2026-03-09T12:00:00Z');

/** A file with three users, each with a task that has a reminder. The last user and task were updated. */
async function makeFile(t: TestContext): Promise<string> {
  const file = join(tempFolder(t), 'data.db');
  const store = openSqliteStore({ file, clock: () => NOW });
  for (const name of ['ada', 'ben', 'cem']) {
    const contactEmail = `${name}@example.com`;
    const names = { firstName: name, lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
    const { userId } = created(await store.users.create(names, ACTOR));
    const times = { dueDate: new Date(DUE).toISOString(), dueAt: BigInt(DUE) * 1000n, warningOffset: 60 };
    const task = { userId, taskTitle: 'Title', taskDescription: null, taskStatus: 'NOT_STARTED' as const, ...times };
    created(await store.tasks.create(task, ACTOR));
  }
  await store.users.update(3, { lastName: 'Changed' }, ACTOR);
  await store.tasks.update(3, { taskTitle: 'Changed' }, ACTOR);
  await store.close();
  return file;
}

function change(file: string, sql: string): void {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  db.enableDefensive?.(false);
  db.exec(sql);
  db.close();
}

test('verify finds no error in a database with deleted, soft-deleted and odd data', async (t) => {
  const { file } = await makeCopySource(t);
  const { problems, errors } = await verifyDatabase(file, SILENT);
  assert.deepEqual({ problems, errors }, { problems: [], errors: 0 });
});

test('verify finds no error in a new database, and counts rows', async (t) => {
  const { counts, problems } = await verifyDatabase(await makeFile(t), SILENT);
  assert.deepEqual(problems, []);
  assert.deepEqual(Object.fromEntries(counts), { users: 3, tasks: 3, changes: 8 });
});

test('verify accepts words that were made by other rules, because the next start makes them again', async (t) => {
  const file = await makeFile(t);
  change(file, "UPDATE search_rules SET rules = 'old'; INSERT INTO task_search (rowid, words) VALUES (1, 'other')");
  assert.deepEqual((await verifyDatabase(file, SILENT)).problems, []);
});

test('verify accepts rows whose entries were pruned from the change log', async (t) => {
  const file = await makeFile(t);
  change(file, 'DELETE FROM changes WHERE sequence <= 5');
  assert.deepEqual((await verifyDatabase(file, SILENT)).problems, []);
});

const EMAIL = "INSERT INTO emails VALUES ('e', 'reminder', 1, 99, 1, 'pending', 0, 0, 0, NULL)";
const ERRORS: [name: string, sql: string, problem: RegExp][] = [
  [
    'an entry missing in the change log',
    'DELETE FROM changes WHERE sequence = 4',
    /entries between 3 and 5 are missing/,
  ],
  ['the newest entry missing', 'DELETE FROM changes WHERE sequence = 8', /^task 3: taskTitle differs from its newest/],
  [
    'a task without its user',
    'DELETE FROM users WHERE user_id = 1',
    /^tasks: row 1 refers to a row that is missing in users/,
  ],
  ['a lost task', 'DELETE FROM tasks WHERE task_id = 2', /^task 2 is missing, but its newest entry is task\.created/],
  ['a lost user', 'DELETE FROM users WHERE user_id = 2', /^user 2 is missing, but its newest entry is user\.created/],
  [
    'a counter that would reuse ids',
    "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'users'",
    /^sqlite_sequence: the counter of users is 1, but the greatest id is 3/,
  ],
  ['a wrong version', 'UPDATE users SET version = 7 WHERE user_id = 3', /^user 3 has version 7, but 2 entries/],
  [
    'a value that the change log does not have',
    "UPDATE users SET first_name = 'Eve' WHERE user_id = 1",
    /^user 1: firstName differs from its newest entry/,
  ],
  [
    'a description that the change log does not have',
    "UPDATE tasks SET task_description = 'x' WHERE task_id = 1",
    /^task 1: taskDescription differs/,
  ],
  ['a wrong reminder', 'UPDATE tasks SET remind_at = remind_at - 1 WHERE task_id = 1', /^task 1: remind_at does not/],
  ['a wrong due time', 'UPDATE tasks SET due_at = due_at + 1 WHERE task_id = 1', /^task 1: due_at is not the time/],
  ['a wrong address key', "UPDATE users SET contact_email_key = 'x' WHERE user_id = 1", /^user 1: contact_email_key/],
  ['a queued email without its user', EMAIL, /^emails: a row refers to a row that is missing in users/],
  ['a missing table of words', 'DROP TABLE search_rules', /^schema: search_rules is missing/],
  ['a missing index', 'DROP INDEX tasks_by_due', /^schema: tasks_by_due is missing/],
  [
    'a missing index entry',
    `CREATE TABLE other (a INTEGER); CREATE INDEX by_a ON other (a); INSERT INTO other VALUES (7);
     PRAGMA writable_schema = ON;
     UPDATE sqlite_schema SET sql = 'CREATE INDEX by_a ON other (a) WHERE a > 9' WHERE name = 'by_a';
     PRAGMA writable_schema = RESET; INSERT INTO other VALUES (8);
     PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX by_a ON other (a)' WHERE name = 'by_a'`,
    /^integrity check: row 2 missing from index by_a/,
  ],
  ['an offset beyond the change log', "INSERT INTO consumers VALUES ('c', 99)", /^consumer c refers to entry 99/],
  [
    'a token of a soft-deleted user',
    `INSERT INTO tokens (name, secret_hash, scopes, plan, user_id, created_at) VALUES ('', x'', '', '', 1, 0);
     UPDATE users SET deleted = 1 WHERE user_id = 1`,
    /^user 1 is soft-deleted, but has tokens/,
  ],
  [
    'words of a user that are not indexed',
    "INSERT INTO user_search (user_search, rowid, words) VALUES ('delete', 2, 'ben doe ben example com')",
    /^user_search: the words of user 2 are not those of its texts$/,
  ],
  [
    'a wrong word of a task',
    "INSERT INTO task_search (rowid, words) VALUES (1, 'other')",
    /^task_search: the words of task 1 are not those of its texts$/,
  ],
  [
    'words of a missing task',
    "INSERT INTO task_search (rowid, words) VALUES (9, 'left')",
    /^task_search: there are words of task 9, which is missing$/,
  ],
];

for (const [name, sql, problem] of ERRORS) {
  test(`verify finds ${name}`, async (t) => {
    const file = await makeFile(t);
    change(file, sql);
    const { problems, errors } = await verifyDatabase(file, SILENT);
    assert.ok(
      problems.some((text) => problem.test(text)),
      problems.join('\n'),
    );
    assert.equal(errors, problems.length);
  });
}

test('verify finds damaged pages, and checks the rest', async (t) => {
  const file = await makeFile(t);
  change(file, "UPDATE users SET first_name = 'Eve' WHERE user_id = 1");
  const db = new DatabaseSync(file);
  const page = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'tasks'").get()?.rootpage as number;
  db.close();
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(4096, 'damaged'), 0, 4096, (page - 1) * 4096);
  closeSync(handle);
  const { problems } = await verifyDatabase(file, SILENT);
  assert.match(problems.join('\n'), /malformed|integrity check/);
  assert.ok(problems.some((text) => /^user 1: firstName differs/.test(text)));
});

test('verify rejects a file of another program', async (t) => {
  const file = join(tempFolder(t), 'other.db');
  change(file, 'CREATE TABLE t (a)');
  await assert.rejects(verifyDatabase(file, SILENT), /is a SQLite database of another program/);
});
