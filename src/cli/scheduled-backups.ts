import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isSea } from 'node:sea';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { DATABASE_SETTINGS, type DatabaseConfig, describeDatabase } from '../config/database.ts';
import type { Store } from '../domain/store.ts';
import { isPublicAddress, namesPrivateAddress } from '../formats/public-address.ts';
import { createLogger, flushLog } from '../logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createWebhookTransport } from '../webhooks/transport.ts';
import { type BackupFailure, createBackupJob } from '../workers/backups.ts';
import type { Poller } from '../workers/poller.ts';
import { CliError } from './cli-error.ts';
import { onStopSignal } from './on-stop-signal.ts';
import { openStore } from './open-store.ts';

export interface ScheduleOptions {
  store: Pick<Store, 'backups'>;
  logger: Logger;
  clock: () => number;
  /** Whether {@link Config.backupFailureUrl} may be a private address. */
  allowPrivate: boolean;
  metrics?: Metrics | undefined;
}

/** `backup --every`: makes the scheduled backups as `serve` does, and serves nothing. Until SIGTERM or SIGINT. */
export async function runScheduledBackups(config: Config): Promise<void> {
  const logger = await createLogger(config.logLevel);
  const store = await openStore(config.database, Date.now, logger);
  let job: Poller | undefined;
  try {
    const allowPrivate = config.webhookAllowPrivate ?? false;
    job = createScheduledBackups(config, { store, logger, clock: Date.now, allowPrivate });
  } catch (error) {
    await store.close();
    throw error;
  }
  logger.info({ database: describeDatabase(config.database), to: config.backupTo }, 'backups are scheduled');
  job?.start();
  onStopSignal(async () => {
    await job?.stop();
    await store.close();
    await flushLog(logger);
  });
}

/**
 * The job that makes the scheduled backups; undefined if there are none.
 *
 * @throws CliError if failures cannot be reported to the URL.
 */
export function createScheduledBackups(config: Config, options: ScheduleOptions): Poller | undefined {
  const { backupTo: folder, backupEvery, backupKeep, backupFailureUrl: url, database } = config;
  if (folder === undefined) return undefined;
  const { store, logger, clock, allowPrivate, metrics } = options;
  if (url !== undefined && !allowPrivate && namesPrivateAddress(url)) {
    throw new CliError('BACKUP_FAILURE_URL has a private address; WEBHOOK_ALLOW_PRIVATE=true allows it');
  }
  const transport = createWebhookTransport({ isAllowed: (address) => allowPrivate || isPublicAddress(address) });
  const report = async (failure: BackupFailure, signal: AbortSignal): Promise<void> => {
    try {
      const headers = { 'content-type': 'application/json' };
      const { status } = await transport({ url: url as string, headers, body: failureBody(failure, database) }, signal);
      if (status < 200 || status > 299) throw new Error(`the response has the status ${status}`);
    } catch (err) {
      logger.warn({ err }, 'backup failure could not be reported to BACKUP_FAILURE_URL');
    }
  };
  return createBackupJob({
    schedule: store.backups,
    everyMs: backupEvery,
    run: (signal) => runBackup(database, folder, backupKeep, signal),
    report: url === undefined ? undefined : report,
    ...{ clock, logger, metrics },
  });
}

/** Chat services show `text`. */
function failureBody({ at, failures, error }: BackupFailure, database: DatabaseConfig): string {
  const text = `The scheduled backup of ${describeDatabase(database)} failed: ${error.message}`;
  return JSON.stringify({ type: 'backup.failed', timestamp: new Date(at).toISOString(), failures, text });
}

/** Runs `backup --to` in a process of its own, because reading and compressing would delay requests. Returns what it prints. */
async function runBackup(database: DatabaseConfig, folder: string, keep: number, signal: AbortSignal): Promise<string> {
  const url = database.engine === 'sqlite' ? pathToFileURL(database.file).href : database.url;
  const directUrl = database.engine === 'postgres' ? (database.directUrl ?? '') : '';
  const program = [...process.execArgv, ...(isSea() ? [] : [process.argv[1] as string])];
  const child = spawn(process.execPath, [...program, 'backup', '--to', folder, '--keep', String(keep)], {
    // Not an argument, because it may contain a password.
    env: {
      ...process.env,
      [DATABASE_SETTINGS.databaseUrl.variable]: url,
      [DATABASE_SETTINGS.databaseDirectUrl.variable]: directUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const [stdout, stderr, [code, killedBy]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null, string | null]>,
  ]);
  if (code === 0) return stdout.trim();
  const [, message] = /^task-api: (.*)$/ms.exec(stderr) ?? [];
  throw new Error(message?.trim() ?? `the backup ended with ${code ?? killedBy}`);
}
