import { readdirSync, readFileSync } from 'node:fs';

export interface Migration {
  version: number;
  sql: string;
}

/** The numbered SQL files of a folder, in order: `0001_name.sql` brings a database to version 1. */
export function readMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({ version: Number.parseInt(name, 10), sql: readFileSync(new URL(name, folder), 'utf8') }));
}
