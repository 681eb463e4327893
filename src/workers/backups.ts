import type { Logger } from 'pino';
import { BACKUP_LEASE_MS, type BackupRepository } from '../domain/backups.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Poller } from './poller.ts';

/** How often to check whether a backup is due. */
const POLL_INTERVAL_MS = 30_000;
/** How long after a failed attempt the next one begins, unless backups are more frequent. */
const RETRY_DELAY_MS = 10 * 60_000;
/** How often a running backup renews its claim. */
const RENEW_INTERVAL_MS = BACKUP_LEASE_MS / 5;

/** An attempt that failed. */
export interface BackupFailure {
  /** When it failed, in milliseconds since the epoch. */
  at: number;
  /** How many attempts have failed since the last complete backup. */
  failures: number;
  error: Error;
}

export interface BackupJobOptions {
  schedule: BackupRepository;
  /** The time from the beginning of one backup to that of the next, in milliseconds. */
  everyMs: number;
  /** Makes a backup, and returns what to log about it. Rejected if the signal is aborted. */
  run: (signal: AbortSignal) => Promise<string>;
  /** Reports a failed attempt to the operator. Not rejected. */
  report?: ((failure: BackupFailure, signal: AbortSignal) => Promise<void>) | undefined;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  metrics?: Pick<Metrics, 'backups'> | undefined;
}

/**
 * Returns a poller that makes a backup whenever one is due. Of all processes of a database, one makes it. The first of
 * several failures and the recovery are logged; each failure is counted and reported.
 */
export function createBackupJob(options: BackupJobOptions): Poller {
  const { schedule, everyMs, run, report, clock, logger, metrics } = options;

  const fail = async (error: Error, signal: AbortSignal): Promise<void> => {
    metrics?.backups.inc({ result: 'failed' });
    // While the database is unavailable, other processes wait for the end of the claim.
    const failures = await schedule.recordFailure(Math.min(everyMs, RETRY_DELAY_MS)).catch(() => 1);
    if (failures <= 1) logger.error({ err: error }, 'scheduled backup failed; will retry');
    await report?.({ at: clock(), failures, error }, signal);
  };

  const step = async (signal: AbortSignal): Promise<boolean> => {
    if (!(await schedule.claim(everyMs))) return false;
    const beganAt = clock();
    const renewal = setInterval(() => schedule.hold(BACKUP_LEASE_MS).catch(() => undefined), RENEW_INTERVAL_MS);
    let result: string;
    try {
      result = await run(signal);
    } catch (error) {
      clearInterval(renewal);
      // Another process may begin at once.
      if (signal.aborted) await schedule.hold(0);
      else await fail(error as Error, signal);
      return false;
    } finally {
      clearInterval(renewal);
    }
    const failures = await schedule.recordSuccess(beganAt);
    metrics?.backups.inc({ result: 'succeeded' });
    if (failures > 0) logger.info({ failures }, 'scheduled backup recovered');
    logger.info({ result, durationMs: clock() - beganAt }, 'scheduled backup is complete');
    return false;
  };

  return new Poller({
    name: 'schedule of backups',
    step,
    intervalMs: POLL_INTERVAL_MS,
    retryMs: POLL_INTERVAL_MS,
    logger,
  });
}
