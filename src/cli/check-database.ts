import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type DatabaseConfig, describeDatabase, directUrlOf, type PostgresConfig } from '../config/database.ts';
import { ConnectFailed } from '../storage/postgres/connect-failed.ts';
import { checkCreate, latestVersion as newestOfPostgres, readVersion } from '../storage/postgres/migrate.ts';
import { inspectConnection } from '../storage/postgres/pooler.ts';
import { translateOpenError } from '../storage/sqlite/errors.ts';
import { exposedFiles } from '../storage/sqlite/exposed-files.ts';
import { checkVersion, latestVersion } from '../storage/sqlite/migrate.ts';
import { checkReplicas } from './check-replicas.ts';
import { checkServers } from './check-servers.ts';
import type { Finding } from './finding.ts';

/** Less free space than this is reported. */
const LOW_DISK_BYTES = 100 * 1024 * 1024;

/** Checks that the server can use the database. Changes nothing. */
export async function checkDatabase(database: DatabaseConfig): Promise<Finding[]> {
  if (database.engine === 'postgres') return checkPostgres(database);
  return [checkFolder(database.file), checkFile(database.file), ...checkPermissions(database.file)];
}

async function checkPostgres(database: PostgresConfig): Promise<Finding[]> {
  const name = describeDatabase(database);
  const url = directUrlOf(database);
  const servers = await checkServers(url);
  if (servers.some(({ ok }) => !ok)) return servers;
  try {
    const version = await readVersion(url);
    if (version < newestOfPostgres) await checkCreate(url);
    const schema = { ok: true as const, text: `${name} is at ${describeVersion(version, newestOfPostgres)}` };
    const findings = [...servers, schema, ...(await checkPooler(name, database, version))];
    return [...findings, ...(await checkReplicas(database))];
  } catch (error) {
    if (error instanceof ConnectFailed) return [{ ok: false, text: error.problem, advice: error.advice }];
    const { message, cause } = error as Error;
    return [{ ok: false, text: message, advice: postgresAdvice(cause) }];
  }
}

async function checkPooler(name: string, { url, directUrl }: PostgresConfig, version: number): Promise<Finding[]> {
  const { pooled, database } = await inspectConnection(url);
  if (directUrl === undefined) {
    if (!pooled) return [];
    const text = `${name} leads to a pooler, and DATABASE_DIRECT_URL is not set`;
    const advice = 'Set it to the same database on the PostgreSQL server: migrations and backups need that.';
    // The service works without it until there is something to migrate.
    if (version === newestOfPostgres) return [{ ok: true, text: `${text}: migrations and backups need it` }];
    return [{ ok: false, text, advice }];
  }
  const direct = await inspectConnection(directUrl);
  if (direct.pooled) {
    const advice = 'Set it to the same database on the PostgreSQL server itself.';
    return [{ ok: false, text: 'DATABASE_DIRECT_URL leads to a pooler', advice }];
  }
  if (direct.database !== database) {
    const text = 'DATABASE_URL and DATABASE_DIRECT_URL lead to different databases';
    return [{ ok: false, text, advice: 'Correct one of them: both must name the same database of the same server.' }];
  }
  const what = pooled ? 'leads to a pooler' : 'leads to the server';
  return [{ ok: true, text: `${name} ${what}, DATABASE_DIRECT_URL to the same database without one` }];
}

function postgresAdvice(cause: unknown): string {
  const INSUFFICIENT_PRIVILEGE = '42501';
  if ((cause as { code?: string } | undefined)?.code === INSUFFICIENT_PRIVILEGE) {
    return 'Let the user in DATABASE_URL create tables: as the owner of the database, GRANT CREATE ON SCHEMA public TO USER.';
  }
  return 'Correct DATABASE_URL: postgres://USER:PASSWORD@HOST:PORT/NAME.';
}

function checkFolder(file: string): Finding {
  // The first start creates the directory, so the nearest existing one must be writable.
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  const advice = `Make ${folder} writable and free some space, or choose another path with DATABASE_URL=file:PATH.`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return { ok: false, text: `the directory ${folder} is not writable`, advice };
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = `${Math.floor((bavail * bsize) / 1024 / 1024)} MiB free`;
  if (bavail * bsize < LOW_DISK_BYTES) return { ok: false, text: `the directory ${folder} has only ${free}`, advice };
  return { ok: true, text: `the directory ${folder} is writable, ${free}` };
}

function checkFile(file: string): Finding {
  const accessError = findAccessError(file);
  if (accessError === 'ENOENT') return { ok: true, text: `${file} does not exist; the first start creates it` };
  if (accessError !== undefined) {
    const text = `${file} cannot be read and written by this user (${accessError})`;
    return {
      ok: false,
      text,
      advice: 'Give the file and its directory to the user that runs the service: chown, chmod.',
    };
  }
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return { ok: true, text: `${file} is at ${describeVersion(checkVersion(db), latestVersion())}` };
    } finally {
      db.close();
    }
  } catch (error) {
    const advice = 'Choose another file with DATABASE_URL=file:PATH, or restore this one from a backup.';
    return { ok: false, text: (translateOpenError(error, file) as Error).message, advice };
  }
}

/** The system's code of the error that prevents access to the file, or undefined if there is none. */
function findAccessError(file: string): string | undefined {
  try {
    // Anything but a file is reported when it is opened.
    if (statSync(file).isFile()) accessSync(file, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function checkPermissions(file: string): Finding[] {
  const exposed = exposedFiles(file);
  if (exposed.length === 0) return [];
  const names = exposed.map(({ file: name }) => name);
  return [
    {
      ok: false,
      text: `other users can read or write ${exposed.map(({ file: name, mode }) => `${name} (${mode})`).join(', ')}`,
      advice: `Restrict them to the owner: chmod 600 ${names.join(' ')}`,
    },
  ];
}

function describeVersion(version: number, newest: number): string {
  return `version ${version}${version < newest ? `; the next start updates it to ${newest}` : ''}`;
}
