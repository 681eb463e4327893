import type { Command } from 'commander';
import { openDatabase } from '../storage/sqlite/database.ts';
import { migrate } from '../storage/sqlite/migrate.ts';
import { addSettings, readSettings, STORE_SETTINGS } from './settings.ts';

/** Brings the database up to date without serving. */
export function addMigrate(program: Command): void {
  const command = program.command('migrate').description('bring the database to this version; `serve` does so too');
  addSettings(command, STORE_SETTINGS);
  command.action(() => {
    const { databaseFile } = readSettings(command);
    const db = openDatabase(databaseFile);
    try {
      const { from, to } = migrate(db);
      const what = from === to ? `is at version ${to} already` : `went from version ${from} to ${to}`;
      process.stdout.write(`${databaseFile} ${what}.\n`);
    } finally {
      db.close();
    }
  });
}
