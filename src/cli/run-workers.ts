import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Config } from '../config/config.ts';
import { describeDatabase } from '../config/database.ts';
import { createLogger, flushLog } from '../logger.ts';
import { CliError } from './cli-error.ts';
import { onStopSignal } from './on-stop-signal.ts';
import { migrateDatabase } from './open-store.ts';

/** How long to wait before a worker that ended is replaced, in milliseconds. */
const RESTART_PAUSE = 1_000;

/**
 * Starts workers that share the address to listen on, each this same command, and keeps their number until a signal: a
 * worker that ends is replaced. SIGTERM and SIGINT stop all of them, each as it would stop by itself.
 *
 * @throws CliError on SQLite, which one process has to itself, and when a worker does not start.
 * @throws StoreUnusable when the database cannot be used.
 */
export async function runWorkers(config: Config, count: number): Promise<void> {
  if (config.database.engine === 'sqlite') {
    throw new CliError(
      'more than one worker needs PostgreSQL: in SQLite one process writes at a time, and the others would wait for it; ' +
        'leave out --workers, or set DATABASE_URL=postgres://USER:PASSWORD@HOST:PORT/NAME',
    );
  }
  // Once, so that what is wrong with the database is told once.
  await migrateDatabase(config.database);
  const logger = createLogger(config.logLevel);
  if (config.redisUrl === undefined) {
    logger.warn(
      'REDIS_URL is not set: each worker counts rate limits by itself, so a token has that many times its plan',
    );
  }
  const workers = new Set<Worker>();
  let stopping = false;

  onStopSignal(async (reason) => {
    stopping = true;
    if ('error' in reason) logger.fatal({ err: reason.error }, 'stopping after an unexpected error');
    const ended = [...workers].map((worker) => once(worker, 'exit'));
    // The terminal may have sent them the same signal already: they take this one for its echo.
    for (const worker of workers) worker.process.kill('signal' in reason ? reason.signal : 'SIGTERM');
    await Promise.all(ended);
    await flushLog(logger);
  });

  await Promise.all(Array.from({ length: count }, startFirst));
  logger.info({ workers: count, database: describeDatabase(config.database) }, 'all workers listen');

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
    throw new CliError('a worker did not start: what it says is above');
  }

  function fork(): Worker {
    const worker = cluster.fork();
    workers.add(worker);
    worker.on('exit', () => workers.delete(worker));
    return worker;
  }

  /** Replaces the worker when it ends, and that one as well. */
  function keep(worker: Worker): void {
    worker.on('exit', (code, signal) => {
      if (stopping) return;
      logger.error({ worker: worker.process.pid, code, signal }, 'a worker ended and is replaced');
      setTimeout(() => {
        if (!stopping) keep(fork());
      }, RESTART_PAUSE);
    });
  }
}
