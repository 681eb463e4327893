import { fetchJwks } from '../auth/discovery.ts';
import type { Config } from '../config/config.ts';
import type { EmailConfig } from '../config/email.ts';
import type { JwtConfig } from '../config/jwt.ts';
import { checkSmtp } from '../email/smtp.ts';
import { checkRedis } from '../rate-limit/check-redis.ts';
import { checkBackups } from './check-backups.ts';
import { checkDatabase } from './check-database.ts';
import { CliError } from './cli-error.ts';
import type { Finding } from './finding.ts';
import { findFreeAddresses } from './listen.ts';

/** The first version that has a stable `node:sqlite` and runs TypeScript. */
const NODE_MAJOR = 26;

/** `doctor`. @throws CliError if a check fails. */
export async function runDoctor(config: Config): Promise<void> {
  const findings = [
    checkNode(),
    ...(await checkDatabase(config.database)),
    ...(await checkBackups(config)),
    await checkPort(config),
    ...(config.redisUrl === undefined ? [] : [await checkRateWindows(config.redisUrl)]),
    ...(config.jwt === undefined ? [] : [await checkIssuer(config.jwt)]),
    ...(config.email === undefined ? [] : [await checkSmtpServer(config.email)]),
  ];
  for (const finding of findings) {
    process.stdout.write(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.text}\n`);
    if (!finding.ok) process.stdout.write(`      ${finding.advice}\n`);
  }
  const failed = findings.filter(({ ok }) => !ok).length;
  if (failed > 0) throw new CliError(`${failed} of ${findings.length} checks failed`);
}

function checkNode(): Finding {
  const text = `Node ${process.versions.node}, SQLite ${process.versions.sqlite}`;
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return { ok: true, text };
  return {
    ok: false,
    text,
    advice: `Run it with npx or npm, which use the Node ${NODE_MAJOR} that npm install installed.`,
  };
}

async function checkPort({ host, port }: Config): Promise<Finding> {
  try {
    await findFreeAddresses(host, port);
    return { ok: true, text: `${host}, port ${port} is free` };
  } catch (error) {
    const advice = 'If the server is already running, it uses this port, and no action is needed.';
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
      'Start Redis, or correct REDIS_URL: redis://USER:PASSWORD@HOST:PORT. Meanwhile each process counts rate limits by itself.';
    return { ok: false, text, advice };
  }
}

async function checkIssuer({ issuer }: JwtConfig): Promise<Finding> {
  try {
    const { length } = (await fetchJwks(issuer)).jwks()?.keys ?? [];
    return { ok: true, text: `${issuer} publishes ${length} ${length === 1 ? 'key' : 'keys'}` };
  } catch (error) {
    const { message, cause } = error as Error;
    const text = `the JWKS of ${issuer} cannot be fetched: ${cause instanceof Error ? cause.message : message}`;
    const advice = 'Start the provider, or correct JWT_ISSUER: it must equal the issuer in the provider’s metadata.';
    return { ok: false, text, advice };
  }
}

async function checkSmtpServer(config: EmailConfig): Promise<Finding> {
  const { host, port } = config.server;
  try {
    await checkSmtp(config);
    return { ok: true, text: `the SMTP server ${host}, port ${port} accepts the connection` };
  } catch (error) {
    const text = `the SMTP server ${host}, port ${port} cannot be used: ${(error as Error).message}`;
    return { ok: false, text, advice: 'Start it, or correct SMTP_URL: smtp://USER:PASSWORD@HOST:PORT.' };
  }
}
