import { setTimeout as sleep } from 'node:timers/promises';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './config/logging.ts';
import { LogOutput } from './log-output.ts';
import type { Metrics } from './metrics/metrics.ts';

/** The time limit of the last write to the log. */
const FLUSH_TIMEOUT_MS = 1_000;

/** Logs to standard output: readable text on a terminal, otherwise one JSON object a line. Dropped lines are counted in `metrics`. */
export async function createLogger(level: LogLevel, metrics?: Metrics): Promise<Logger> {
  const output = new LogOutput({
    fd: 1,
    onRecovered: (loss) => logger.error(loss, 'log lines were dropped because writes failed'),
  });
  metrics?.addCounter(
    'task_api_log_lines_dropped_total',
    'Log lines dropped because writes failed',
    () => output.dropped,
  );
  const logger = pino({ level }, process.stdout.isTTY ? await prettified(output) : output);
  return logger;
}

async function prettified(output: LogOutput): Promise<DestinationStream & Pick<LogOutput, 'flush'>> {
  // Bundled for the single executable, it has this export only.
  const { default: pretty } = await import('pino-pretty');
  const prettify = pretty.prettyFactory({
    singleLine: true,
    translateTime: 'HH:MM:ss.l',
    // These fields of a request are part of the message.
    ignore: 'pid,hostname,method,route,status,durationMs',
    messageFormat: '{msg}{if method} {method} {route} {status} in {durationMs} ms{end}',
  });
  return {
    write: (line) => output.write(prettify(line)),
    flush: (done) => output.flush(done),
  };
}

/** Flushes the log before the process exits. The first flush can itself log a line, so there is a second one. */
export async function flushLog(logger: Logger): Promise<void> {
  const flush = () => new Promise<void>((resolve) => logger.flush(() => resolve()));
  await Promise.race([flush().then(flush), sleep(FLUSH_TIMEOUT_MS)]);
}
