import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Command } from 'commander';
import {
  type Config,
  type DatabaseConfig,
  describeDatabase,
  type JwtConfig,
  type MailConfig,
  type PostgresConfig,
} from '../config.ts';
import { checkSmtp } from '../mail/smtp.ts';
import { latestVersion as newestOfPostgres, readVersion } from '../storage/postgres/migrate.ts';
import { translateOpenError } from '../storage/sqlite/errors.ts';
import { checkVersion, latestVersion } from '../storage/sqlite/migrate.ts';
import { fetchIssuerKeys } from '../tokens/discovery.ts';
import { CliError } from './cli-error.ts';
import { findFreeAddresses } from './listen.ts';
import { addSettings, JWT_SETTINGS, MAIL_SETTINGS, readSettings } from './settings.ts';

/** What the program is written for: it has `node:sqlite` and runs TypeScript as it is. */
const NODE_MAJOR = 26;
/** Below this many bytes of free disk a write may soon fail. */
const LOW_DISK = 100 * 1024 * 1024;

/** What a check found: in order, or what to do. */
type Finding = { ok: true; text: string } | { ok: false; text: string; advice: string };

/** Checks what a first start needs, changes nothing, and says what to do. Exit code 1 when anything is amiss. */
export function addDoctor(program: Command): void {
  const command = program.command('doctor').description('check what a start needs, and say what to do');
  addSettings(command, ['host', 'port', 'databaseUrl', 'logLevel', 'plans', ...JWT_SETTINGS, ...MAIL_SETTINGS]);
  command.action(async () => {
    const config = readSettings(command);
    const findings = [
      checkNode(),
      ...(await checkDatabase(config.database)),
      await checkPort(config),
      ...(config.jwt === undefined ? [] : [await checkIssuer(config.jwt)]),
      ...(config.mail === undefined ? [] : [await checkMailServer(config.mail)]),
    ];
    for (const finding of findings) {
      process.stdout.write(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.text}\n`);
      if (!finding.ok) process.stdout.write(`      ${finding.advice}\n`);
    }
    const failed = findings.filter(({ ok }) => !ok).length;
    if (failed > 0) throw new CliError(`${failed} of ${findings.length} checks failed; see above for what to do`);
  });
}

function checkNode(): Finding {
  const text = `Node ${process.versions.node}, SQLite ${process.versions.sqlite}`;
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return { ok: true, text };
  return { ok: false, text, advice: `Run it through npm, which uses the Node ${NODE_MAJOR} that npm install brought.` };
}

async function checkDatabase(database: DatabaseConfig): Promise<Finding[]> {
  if (database.engine === 'postgres') return [await checkPostgres(database)];
  return [checkFolder(database.file), checkFile(database.file)];
}

async function checkPostgres(database: PostgresConfig): Promise<Finding> {
  const name = describeDatabase(database);
  try {
    return { ok: true, text: `${name} is at ${describeVersion(await readVersion(database.url), newestOfPostgres)}` };
  } catch (error) {
    const advice = 'Start the database, or put DATABASE_URL right: postgres://USER:PASSWORD@HOST:PORT/NAME.';
    return { ok: false, text: (error as Error).message, advice };
  }
}

function checkFolder(file: string): Finding {
  // The folder is made at the first start: until then it is the nearest one there is that must be writable.
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  const advice = `Make ${folder} writable with some space, or choose another place with DATABASE_URL=file:PATH.`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return { ok: false, text: `the folder ${folder} cannot be written`, advice };
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = `${Math.floor((bavail * bsize) / 1024 / 1024)} MiB free`;
  if (bavail * bsize < LOW_DISK) return { ok: false, text: `the folder ${folder} has only ${free}`, advice };
  return { ok: true, text: `the folder ${folder} can be written, ${free}` };
}

function checkFile(file: string): Finding {
  if (!existsSync(file)) return { ok: true, text: `${file} will be created at the first start` };
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return { ok: true, text: `${file} is at ${describeVersion(checkVersion(db), latestVersion())}` };
    } finally {
      db.close();
    }
  } catch (error) {
    const advice = 'Choose another file with DATABASE_URL=file:PATH, or put this one right.';
    return { ok: false, text: (translateOpenError(error, file) as Error).message, advice };
  }
}

function describeVersion(version: number, newest: number): string {
  return `version ${version}${version < newest ? `; the next start brings it to ${newest}` : ''}`;
}

async function checkPort({ host, port }: Config): Promise<Finding> {
  try {
    await findFreeAddresses(host, port);
    return { ok: true, text: `${host}, port ${port} is free` };
  } catch (error) {
    const advice = 'Where this service is running already, that is what has the port, and all is well.';
    return { ok: false, text: (error as Error).message, advice };
  }
}

async function checkIssuer({ issuer }: JwtConfig): Promise<Finding> {
  try {
    const { length } = (await fetchIssuerKeys(issuer)).jwks()?.keys ?? [];
    return { ok: true, text: `${issuer} publishes ${length} ${length === 1 ? 'key' : 'keys'}` };
  } catch (error) {
    const { message, cause } = error as Error;
    const text = `the keys of ${issuer} cannot be read: ${cause instanceof Error ? cause.message : message}`;
    const advice = 'Start it, or put JWT_ISSUER right: it must be what the provider calls itself, to the letter.';
    return { ok: false, text, advice };
  }
}

async function checkMailServer(config: MailConfig): Promise<Finding> {
  const { host, port } = config.server;
  try {
    await checkSmtp(config);
    return { ok: true, text: `the mail server ${host}, port ${port} lets this service in` };
  } catch (error) {
    const text = `the mail server ${host}, port ${port} cannot be used: ${(error as Error).message}`;
    return { ok: false, text, advice: 'Start it, or put SMTP_URL right: smtp://USER:PASSWORD@HOST:PORT.' };
  }
}
