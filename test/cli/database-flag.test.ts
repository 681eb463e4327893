import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseFlag } from '../../src/cli/database-flag.ts';
import { loadConfig } from '../../src/config/config.ts';

const flagOf = (databaseUrl: string) => databaseFlag(loadConfig({ databaseUrl }, {}).database);

test('the flag names a database that is not the default, as a shell reads it', () => {
  assert.equal(databaseFlag(loadConfig({}, {}).database), '');
  assert.equal(flagOf('file:./data/task-api.db'), '');
  assert.equal(flagOf('file:/srv/tasks.db'), ' --database-url file:///srv/tasks.db');
  assert.equal(flagOf("file:/srv/it's mine.db"), " --database-url 'file:///srv/it'\\''s%20mine.db'");
  assert.equal(flagOf('postgres://me@db.example/tasks'), ' --database-url postgres://me@db.example/tasks');
  assert.equal(
    flagOf('postgres://me@db.example/tasks?sslmode=require'),
    " --database-url 'postgres://me@db.example/tasks?sslmode=require'",
  );
});

test('a password is not shown: the variable stands for the URL', () => {
  for (const url of ['postgres://me:secret@db.example/tasks', 'postgres://me@db.example/tasks?password=secret']) {
    assert.equal(flagOf(url), ' --database-url "$DATABASE_URL"');
  }
});
