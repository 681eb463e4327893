import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PRIMARY_ATTRIBUTES, parsePostgresServers, postgresServers } from '../formats/postgres-url.ts';
import { ConfigError, invalidValue, type Setting, settingName } from './setting.ts';

/** A SQLite file, by its absolute path, or a PostgreSQL database. */
export type DatabaseConfig = { readonly engine: 'sqlite'; readonly file: string } | PostgresConfig;
export interface PostgresConfig {
  readonly engine: 'postgres';
  readonly url: string;
  /** The same database without a pooler in between; undefined if `url` needs none. */
  readonly directUrl?: string;
  /** If undefined, lists come from `url`, too. */
  readonly replicas?: ReplicaConfig;
}

/** Copies of the database that lists may come from. */
export interface ReplicaConfig {
  readonly urls: readonly string[];
  /** How far a copy may be behind, in milliseconds. */
  readonly maxLagMs: number;
}

const DATABASE_URL_VALUES =
  'a `file:` URL without parameters, such as `file:./data/task-api.db`, or `postgres://USER:PASSWORD@HOST:PORT/NAME`';

/** Stored responses to idempotent requests are kept for a day and read from the change log. */
const MIN_CHANGES_KEPT_DAYS = 2;

export const DATABASE_SETTINGS = {
  databaseUrl: {
    variable: 'DATABASE_URL',
    flag: '--database-url <url>',
    description: 'SQLite file or PostgreSQL database',
    details:
      'A relative path starts at the current directory. A SQLite file and its directory are created if they do not exist; a PostgreSQL ' +
      'database is not. Percent-encode special characters of the password; without a password, `PGPASSWORD` is used, or the file ' +
      '`PGPASSFILE`, which is [read for each connection](scaling.md#change-passwords-and-certificates). The default port is 5432. ' +
      'With several hosts, `HOST1:PORT,HOST2:PORT`, the service uses the one that accepts writes: see ' +
      '[Failover](scaling.md#failover). `?sslmode=` selects [TLS to PostgreSQL](scaling.md#tls-to-postgresql).',
    values: DATABASE_URL_VALUES,
    default: 'file:./data/task-api.db',
    parse: parseDatabaseUrl,
  },
  databaseDirectUrl: {
    variable: 'DATABASE_DIRECT_URL',
    flag: '--database-direct-url <url>',
    description: 'PostgreSQL database behind the pooler in DATABASE_URL',
    details:
      'Only needed if `DATABASE_URL` leads to PgBouncer or another pooler: migrations, backups and notifications of changes connect ' +
      'to the server itself. ' +
      'See [A pooler](scaling.md#a-pooler).',
    values: '`postgres://USER:PASSWORD@HOST:PORT/NAME`',
    default: '',
    parse: parseDirectUrl,
    redact: (text: string) => text.replace(/:.*/s, ':…'),
  },
  databaseReadUrl: {
    variable: 'DATABASE_READ_URL',
    flag: '--database-read-url <urls>',
    description: 'PostgreSQL replicas that lists come from',
    details:
      'Separated by commas, each with one host. A replica that is down or too far behind is left out. See [Replicas](scaling.md#replicas).',
    values: '`postgres://USER:PASSWORD@HOST:PORT/NAME`, several with commas',
    default: '',
    parse: parseReadUrls,
    redact: () => undefined,
  },
  databaseReadMaxLagSeconds: {
    variable: 'DATABASE_READ_MAX_LAG_SECONDS',
    flag: '--database-read-max-lag-seconds <number>',
    description: 'seconds that a replica may be behind',
    details: 'A request can require less: see [Replicas](scaling.md#replicas).',
    values: 'an integer from 1 to 3600',
    default: '5',
    parse: parseLagSeconds,
  },
  changesKeptDays: {
    variable: 'CHANGES_KEPT_DAYS',
    flag: '--changes-kept-days <number>',
    description: 'days to keep events, histories and the audit log',
    details: 'Older entries are deleted. See [Events](events.md) and [Audit](audit.md).',
    values: `an integer from ${MIN_CHANGES_KEPT_DAYS} to 99999`,
    default: '30',
    parse: parseDays,
  },
} as const satisfies Record<string, Setting<unknown>>;

interface DatabaseValues {
  databaseUrl: DatabaseConfig;
  databaseDirectUrl: string | undefined;
  databaseReadUrl: readonly string[] | undefined;
  databaseReadMaxLagSeconds: number;
}

/**
 * Combines all URLs.
 *
 * @throws ConfigError if one of them has no meaning.
 */
export function databaseConfig(values: DatabaseValues): DatabaseConfig {
  const { databaseUrl: database, databaseDirectUrl: directUrl, databaseReadUrl: urls } = values;
  if (database.engine === 'sqlite') {
    if (directUrl !== undefined) throw requiresPostgres(DATABASE_SETTINGS.databaseDirectUrl);
    if (urls !== undefined) throw requiresPostgres(DATABASE_SETTINGS.databaseReadUrl);
    return database;
  }
  return {
    ...database,
    ...(directUrl !== undefined && { directUrl }),
    ...(urls !== undefined && { replicas: { urls, maxLagMs: values.databaseReadMaxLagSeconds * 1000 } }),
  };
}

function requiresPostgres({ variable }: Setting<unknown>): ConfigError {
  return new ConfigError(`${variable} requires a PostgreSQL database in ${settingName(DATABASE_SETTINGS.databaseUrl)}`);
}

/** The name of the database, without its server. */
export function databaseName({ url }: PostgresConfig): string {
  return decodeURIComponent(new URL(postgresServers(url).urls[0] as string).pathname.slice(1));
}

/** The URL for what needs a session: migrations, backups. */
export function directUrlOf({ url, directUrl }: PostgresConfig): string {
  return directUrl ?? url;
}

/** Describes the database to an operator, without user and password. */
export function describeDatabase(database: DatabaseConfig): string {
  if (database.engine === 'sqlite') return database.file;
  const urls = postgresServers(database.url).urls.map((url) => new URL(url));
  return `postgres://${urls.map(({ host }) => host)}${urls[0]?.pathname}`;
}

/**
 * Parses the URL of a database.
 *
 * @param name what to call the URL in an error message.
 * @throws ConfigError if the URL is invalid.
 */
export function parseDatabaseUrl(text: string, name: string): DatabaseConfig {
  const config = /^postgres(?:ql)?:/.test(text) ? parsePostgresUrl(text) : parseFileUrl(text);
  if (config?.engine === 'postgres') checkParameters(config.url, name);
  if (config !== undefined) return config;
  // Any URL but a file's may contain a password.
  const shown = text.replace(/^(postgres(?:ql)?:).*/s, '$1…').replace(/^(?!file:)([^:]*:).*@/s, '$1…@');
  throw invalidValue(name, DATABASE_URL_VALUES, shown);
}

function parseFileUrl(text: string): DatabaseConfig | undefined {
  // Parameters would be ignored, and `file::memory:` would create a file of that name.
  if (/[?#]|^file::/.test(text)) return undefined;
  try {
    if (text.startsWith('file://')) return { engine: 'sqlite', file: fileURLToPath(text) };
    const path = text.startsWith('file:') ? decodeURIComponent(text.slice('file:'.length)) : '';
    // SQLite and the file system end a path at U+0000.
    if (path !== '' && !path.includes('\0')) return { engine: 'sqlite', file: resolve(path) };
  } catch {
    // An invalid URL.
  }
  return undefined;
}

function parseDirectUrl(text: string, name: string): string | undefined {
  const config = /^postgres(?:ql)?:/.test(text) ? parsePostgresUrl(text) : undefined;
  if (config !== undefined) checkParameters(config.url, name);
  return config?.url;
}

/** A comma may also be part of a URL, so a list is split only before the next URL. */
function parseReadUrls(text: string, name: string): string[] | undefined {
  const urls = text.split(/\s*,\s*(?=postgres(?:ql)?:)/).map((url) => parseDirectUrl(url.trim(), name));
  const valid = urls.filter((url) => url !== undefined && postgresServers(url).urls.length === 1);
  return valid.length === urls.length ? (valid as string[]) : undefined;
}

function parseLagSeconds(text: string): number | undefined {
  const seconds = Number(text);
  return /^[1-9]\d{0,3}$/.test(text) && seconds <= 3600 ? seconds : undefined;
}

function parsePostgresUrl(text: string): PostgresConfig | undefined {
  return parsePostgresServers(text) === undefined ? undefined : { engine: 'postgres', url: text };
}

function checkParameters(url: string, name: string): void {
  const { urls, sessionAttributes } = postgresServers(url);
  if (sessionAttributes !== null && !PRIMARY_ATTRIBUTES.includes(sessionAttributes)) {
    throw invalidValue(`target_session_attrs in ${name}`, PRIMARY_ATTRIBUTES.join(' or '), sessionAttributes);
  }
  checkSslMode(new URL(urls[0] as string).searchParams, name);
}

/** Rejects `allow` and `prefer`, which fall back to a connection without TLS: pg does not implement the fallback. */
function checkSslMode(parameters: URLSearchParams, name: string): void {
  const mode = parameters.get('sslmode');
  if (mode === null || ['disable', 'require', 'verify-full'].includes(mode)) return;
  if (mode === 'verify-ca' && parameters.has('sslrootcert')) return;
  throw invalidValue(`sslmode in ${name}`, 'disable, require, verify-ca (with sslrootcert) or verify-full', mode);
}

function parseDays(text: string): number | undefined {
  const days = Number(text);
  return /^\d{1,5}$/.test(text) && days >= MIN_CHANGES_KEPT_DAYS ? days : undefined;
}
