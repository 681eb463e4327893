import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { latestVersion, readVersion } from '../../../src/storage/postgres/migrate.ts';
import { openPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { copyDatabase, emptyDatabase, run, withoutPostgres } from '../../support/postgres.ts';
import {
  assertCarriedOver,
  assertPlanned,
  type EarlierVersion,
  earlierVersions,
  LAST_WITHOUT_HASHES,
} from '../earlier-versions.ts';

/** Fills an empty database as the program of that version did. */
async function fillAt({ version: newest, migrations, rows }: EarlierVersion, url: string): Promise<void> {
  const hashed = newest > LAST_WITHOUT_HASHES;
  await run(
    url,
    `CREATE TABLE task_api_migrations (version integer PRIMARY KEY${hashed ? ', sha256 text NOT NULL' : ''})`,
  );
  for (const { version, sql, sha256 } of migrations) {
    await run(url, sql);
    await run(url, `INSERT INTO task_api_migrations VALUES (${version}${hashed ? `, '${sha256}'` : ''})`);
  }
  await run(url, rows);
}

/** When each task is to be reminded of. */
async function readPlans(url: string): Promise<[number, bigint | null][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT task_id, remind_at FROM tasks');
  await client.end();
  return rows.map(({ task_id, remind_at }) => [Number(task_id), remind_at === null ? null : BigInt(remind_at)]);
}

for (const earlier of earlierVersions('postgres')) {
  test(`a copy of a database at version ${earlier.version} is brought up to the newest with everything in it`, async (t) => {
    if (withoutPostgres(t)) return;
    const url = await emptyDatabase(t);
    await fillAt(earlier, url);
    const copy = await copyDatabase(t, url);
    const before = Date.now();
    const store = await openPostgresStore({ url: copy, clock: () => 1_800_000_000_000, onError: () => undefined });
    // Before the copy is dropped, which is also done when the test ends.
    try {
      assert.equal(await readVersion(copy), latestVersion);
      assertPlanned(await readPlans(copy), [before, Date.now()]);
      await assertCarriedOver(store, earlier);
    } finally {
      await store.close();
    }
    assert.equal(await readVersion(url), earlier.version);
  });
}
