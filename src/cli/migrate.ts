import type { Command } from 'commander';
import { describeDatabase } from '../config/database.ts';
import { migrateDatabase } from './open-store.ts';
import { addSettings, readSettings, STORE_SETTINGS } from './settings.ts';

/** Brings the database up to date without serving. */
export function addMigrate(program: Command): void {
  const command = program.command('migrate').description('bring the database to this version; `serve` does so too');
  addSettings(command, STORE_SETTINGS);
  command.action(async () => {
    const { database } = readSettings(command);
    const { from, to } = await migrateDatabase(database);
    const what = from === to ? `is at version ${to} already` : `went from version ${from} to ${to}`;
    process.stdout.write(`${describeDatabase(database)} ${what}.\n`);
  });
}
