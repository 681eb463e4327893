import type { Config } from '../config/config.ts';
import { describeDatabase } from '../config/database.ts';
import { migrateDatabase, planMigration } from './open-store.ts';

/** `migrate`. */
export async function migrate({ database }: Config): Promise<void> {
  const { from, to } = await migrateDatabase(database);
  const result = from === to ? `is already at version ${to}` : `was updated from version ${from} to ${to}`;
  process.stdout.write(`${describeDatabase(database)} ${result}.\n`);
}

/** `migrate --dry-run`. */
export async function previewMigration({ database }: Config): Promise<void> {
  const { from, pending, renewsWords } = await planMigration(database);
  const name = describeDatabase(database);
  const lines = pending.map((migration) => `  ${migration.version} ${migration.name}\n`);
  if (lines.length > 0) process.stdout.write(`${name} is at version ${from}; migrate would apply:\n${lines.join('')}`);
  else process.stdout.write(`${name} is already at version ${from}.\n`);
  if (renewsWords) process.stdout.write('migrate would make the words for search again.\n');
}
