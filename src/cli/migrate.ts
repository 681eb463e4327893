import type { Config } from '../config/config.ts';
import { describeDatabase } from '../config/database.ts';
import { migrateDatabase } from './open-store.ts';

/** `migrate`. */
export async function migrate({ database }: Config): Promise<void> {
  const { from, to } = await migrateDatabase(database);
  const result = from === to ? `is already at version ${to}` : `was updated from version ${from} to ${to}`;
  process.stdout.write(`${describeDatabase(database)} ${result}.\n`);
}
