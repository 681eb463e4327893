import { pathToFileURL } from 'node:url';
import { type DatabaseConfig, parseDatabaseUrl } from '../config/database.ts';
import { SETTINGS } from '../config/settings.ts';
import { postgresServers } from '../formats/postgres-url.ts';

/**
 * The flag that selects the database in a suggested command, with a leading space. Empty for the default database. A URL
 * with a password is replaced by the variable.
 */
export function databaseFlag(database: DatabaseConfig): string {
  const { default: url, variable } = SETTINGS.databaseUrl;
  const isDefault = JSON.stringify(database) === JSON.stringify(parseDatabaseUrl(url, variable));
  if (isDefault) return '';
  if (database.engine === 'postgres' && hasPassword(database.url)) return ` --database-url "$${variable}"`;
  return ` --database-url ${quote(database.engine === 'postgres' ? database.url : pathToFileURL(database.file).href)}`;
}

function hasPassword(url: string): boolean {
  const { password, searchParams } = new URL(postgresServers(url).urls[0] as string);
  return password !== '' || searchParams.has('password');
}

/** Quotes a text for a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
