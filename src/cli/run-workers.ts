import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Config } from '../config/config.ts';
import { describeDatabase } from '../config/database.ts';
import { relayChanges } from '../events/primary-channel.ts';
import { createLogger, flushLog } from '../logger.ts';
import { WindowsOfWorkers } from '../rate-limit/primary-windows.ts';
import { CliError } from './cli-error.ts';
import { prepareFork } from './executable.ts';
import { onStopSignal } from './on-stop-signal.ts';
import { migrateDatabase } from './open-store.ts';
import { serveWorkerMetrics } from './start-metrics.ts';

/** How long to wait before an exited worker is replaced. */
const RESTART_DELAY_MS = 1_000;

/**
 * Starts workers that listen on the same address, and replaces a worker that exits. Each runs this same command. SIGTERM
 * and SIGINT stop all of them.
 *
 * The primary process serves no requests. It counts them for the rate limits, unless the workers share these in Redis.
 *
 * @throws CliError if a worker does not start.
 * @throws StoreUnusable if the database cannot be used.
 */
export async function runWorkers(config: Config, count: number): Promise<void> {
  // Here rather than in each worker, so that a database error is reported once.
  await migrateDatabase(config.database);
  const logger = await createLogger(config.logLevel);
  const windows = new WindowsOfWorkers(Date.now);
  const metrics = await serveWorkerMetrics(config, logger);
  const workers = new Set<Worker>();
  let stopping = false;

  onStopSignal(async (reason) => {
    stopping = true;
    if ('error' in reason) logger.fatal({ err: reason.error }, 'stopping after an unexpected error');
    const ended = [...workers].map((worker) => once(worker, 'exit'));
    // The terminal may have sent them the same signal already; they ignore the duplicate.
    for (const worker of workers) worker.process.kill('signal' in reason ? reason.signal : 'SIGTERM');
    await Promise.all(ended);
    await flushLog(logger);
  });

  prepareFork();
  await Promise.all(Array.from({ length: count }, startFirst));
  logger.info({ workers: count, database: describeDatabase(config.database) }, 'all workers are listening');

  async function startFirst(): Promise<void> {
    const worker = fork();
    const [event] = await Promise.race([
      once(worker, 'listening').then(() => ['listening']),
      once(worker, 'exit').then(() => ['exit']),
    ]);
    if (event === 'listening' || stopping) {
      keep(worker);
      return;
    }
    stopping = true;
    for (const other of workers) other.process.kill();
    throw new CliError('a worker did not start; its error is above');
  }

  function fork(): Worker {
    const worker = cluster.fork();
    workers.add(worker);
    windows.serve(worker);
    relayChanges(worker, workers);
    metrics?.add(worker);
    worker.on('exit', () => workers.delete(worker));
    return worker;
  }

  /** Replaces the worker when it exits, and its replacements as well. */
  function keep(worker: Worker): void {
    worker.on('exit', (code, signal) => {
      if (stopping) return;
      metrics?.recordExit();
      logger.error({ worker: worker.process.pid, code, signal }, 'worker exited; restarting');
      setTimeout(() => {
        if (!stopping) keep(fork());
      }, RESTART_DELAY_MS);
    });
  }
}
