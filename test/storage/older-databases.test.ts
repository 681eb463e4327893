import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Store } from '../../src/domain/store.ts';
import { migrate as migratePostgres } from '../../src/storage/postgres/migrate.ts';
import { createPostgresStore } from '../../src/storage/postgres/postgres-store.ts';
import { readMigrations } from '../../src/storage/sql/migrations.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { emptyDatabase, run } from '../support/postgres.ts';
import { tempFolder } from '../support/temp-folder.ts';

const migrations = (engine: string) =>
  readMigrations(new URL(`../../src/storage/${engine}/migrations/`, import.meta.url));

const NOW = 1_772_366_400_000;

/** What a database at version 1 contains. */
const ROWS = `
  INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
    VALUES ('Ada', 'Lovelace', 'Ada@example.com', 'ada@example.com', 1, 2), ('Zoë', 'Byron', 'zoe@example.com', 'zoe@example.com', 3, 4);
  INSERT INTO tasks (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, version, updated_at)
    VALUES (1, 'Write', 'Two pages', 'BLOCKED', '2026-01-01T00:00:00Z', 1767225600000000, 60, 3, 5),
      (2, 'Call 用户', NULL, 'COMPLETED', '2025-01-01T00:00:00Z', 1735689600000000, 0, 1, 6),
      (1, 'Pay', NULL, 'NOT_STARTED', '2024-01-01T00:00:00Z', 1704067200000000, 0, 1, 7);
  INSERT INTO changes (at, type, actor, user_id, task_id, new_values)
    VALUES (5, 'task.created', 'test', 1, 1, '{"taskId":1,"userId":1}')`;

/** A database with {@link ROWS} that an earlier version of the program has left, opened by this one. */
async function openOlder(t: TestContext, version: number): Promise<Store> {
  const [first, ...others] = migrations(engineOf(t)).slice(0, version);
  const applied = [first, ...others].map((migration) => `(${migration?.version}, '${migration?.sha256}')`);
  const sql = [first?.sql, ROWS, ...others.map((migration) => migration.sql)].join(';\n');
  const clock = () => NOW;
  if (engineOf(t) === 'postgres') {
    const url = await emptyDatabase(t);
    await run(
      url,
      `CREATE TABLE task_api_migrations (version integer PRIMARY KEY, sha256 text NOT NULL);
      INSERT INTO task_api_migrations VALUES ${applied}; ${sql}`,
    );
    await migratePostgres(url);
    return createPostgresStore({ url, clock, onError: () => undefined });
  }
  const file = join(tempFolder(t), 'test.db');
  const db = openDatabase(file);
  db.exec(`CREATE TABLE task_api_migrations (version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;
    INSERT INTO task_api_migrations VALUES ${applied}; PRAGMA application_id = ${0x54415049};
    PRAGMA user_version = ${version}; ${sql}`);
  db.close();
  return openSqliteStore({ file, clock });
}

const page = { from: { offset: 0 }, limit: 20, count: true };
const byId = <Field extends string>(field: Field) => [{ field, descending: false }];

for (const { version } of migrations('sqlite').slice(0, -1)) {
  testOnBothDatabases(`a database at version ${version} keeps its rows when it is migrated`, async (t) => {
    const store = await openOlder(t, version);
    try {
      const users = await store.users.list({ ...page, filter: {}, sort: byId('userId') });
      assert.deepEqual(
        users.items.map(({ userId, firstName, contactEmail }) => [userId, firstName, contactEmail]),
        [
          [1, 'Ada', 'Ada@example.com'],
          [2, 'Zoë', 'zoe@example.com'],
        ],
      );
      assert.deepEqual(await store.tasks.get(1), {
        ...{ taskId: 1, userId: 1, taskTitle: 'Write', taskDescription: 'Two pages', taskStatus: 'BLOCKED' },
        ...{ dueDate: '2026-01-01T00:00:00Z', warningOffset: 60, version: 3 },
      });
      const sort = [
        { field: 'dueDate' as const, descending: true },
        ...[{ field: 'taskId' as const, descending: true }],
      ];
      const overdue = await store.tasks.list({ ...page, filter: { userId: 1, overdue: true }, at: NOW, sort });
      assert.deepEqual([overdue.items.map(({ taskId }) => taskId), overdue.total], [[1, 3], 2]);
      const { taskId: _, version: __, ...rest } = overdue.items[0] as { taskId: number; version: number };
      const task = { ...rest, taskDescription: null, dueAt: 0n } as never;
      assert.equal(created(await store.tasks.create(task, ACTOR)).taskId, 4, 'an id is not reused');
      assert.equal((await store.users.delete(1, ACTOR)) as boolean, true);
      assert.deepEqual((await store.tasks.list({ ...page, filter: {}, sort: byId('taskId') })).total, 1);
    } finally {
      await store.close();
    }
  });
}
