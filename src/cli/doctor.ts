import type { Command } from 'commander';
import { fetchJwks } from '../auth/discovery.ts';
import type { Config } from '../config/config.ts';
import type { EmailConfig } from '../config/email.ts';
import type { JwtConfig } from '../config/jwt.ts';
import { checkSmtp } from '../email/smtp.ts';
import { checkRedis } from '../rate-limit/check-redis.ts';
import { checkDatabase } from './check-database.ts';
import { CliError } from './cli-error.ts';
import type { Finding } from './finding.ts';
import { findFreeAddresses } from './listen.ts';
import { addSettings, JWT_SETTINGS, MAIL_SETTINGS, readSettings } from './settings.ts';

/** What the program is written for: it has `node:sqlite` and runs TypeScript as it is. */
const NODE_MAJOR = 26;

/** Checks what a first start needs, changes nothing, and says what to do. Exit code 1 when anything is amiss. */
export function addDoctor(program: Command): void {
  const command = program.command('doctor').description('check what a start needs, and say what to do');
  addSettings(command, [
    'host',
    'port',
    'databaseUrl',
    'redisUrl',
    'logLevel',
    'plans',
    ...JWT_SETTINGS,
    ...MAIL_SETTINGS,
  ]);
  command.action(async () => {
    const config = readSettings(command);
    const findings = [
      checkNode(),
      ...(await checkDatabase(config.database)),
      await checkPort(config),
      ...(config.redisUrl === undefined ? [] : [await checkRateWindows(config.redisUrl)]),
      ...(config.jwt === undefined ? [] : [await checkIssuer(config.jwt)]),
      ...(config.email === undefined ? [] : [await checkMailServer(config.email)]),
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

async function checkPort({ host, port }: Config): Promise<Finding> {
  try {
    await findFreeAddresses(host, port);
    return { ok: true, text: `${host}, port ${port} is free` };
  } catch (error) {
    const advice = 'Where this service is running already, that is what has the port, and all is well.';
    return { ok: false, text: (error as Error).message, advice };
  }
}

async function checkRateWindows(url: string): Promise<Finding> {
  const { protocol, host } = new URL(url);
  const name = `${protocol}//${host}`;
  try {
    await checkRedis(url);
    return { ok: true, text: `${name} responds` };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const text = `${name} cannot be used: ${message || code}`;
    const advice =
      'Start Redis, or correct REDIS_URL: redis://USER:PASSWORD@HOST:PORT. Until then each process counts by itself.';
    return { ok: false, text, advice };
  }
}

async function checkIssuer({ issuer }: JwtConfig): Promise<Finding> {
  try {
    const { length } = (await fetchJwks(issuer)).jwks()?.keys ?? [];
    return { ok: true, text: `${issuer} publishes ${length} ${length === 1 ? 'key' : 'keys'}` };
  } catch (error) {
    const { message, cause } = error as Error;
    const text = `the keys of ${issuer} cannot be read: ${cause instanceof Error ? cause.message : message}`;
    const advice = 'Start it, or put JWT_ISSUER right: it must be what the provider calls itself, to the letter.';
    return { ok: false, text, advice };
  }
}

async function checkMailServer(config: EmailConfig): Promise<Finding> {
  const { host, port } = config.server;
  try {
    await checkSmtp(config);
    return { ok: true, text: `the mail server ${host}, port ${port} lets this service in` };
  } catch (error) {
    const text = `the mail server ${host}, port ${port} cannot be used: ${(error as Error).message}`;
    return { ok: false, text, advice: 'Start it, or put SMTP_URL right: smtp://USER:PASSWORD@HOST:PORT.' };
  }
}
