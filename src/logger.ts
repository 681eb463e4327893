import { setTimeout as sleep } from 'node:timers/promises';
import pino, { type DestinationStream, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogLevel } from './config/logging.ts';
import { LogOutput } from './log-output.ts';

/** How long the end of the log may take to be written, in milliseconds. */
const FLUSH_TIMEOUT = 1_000;

/** Logs to standard output: for people on a terminal, one JSON object a line in a pipe or a file. */
export function createLogger(level: LogLevel): Logger {
  const output = new LogOutput({
    fd: 1,
    onRecovered: (loss) => logger.error(loss, 'log lines were dropped: the log could not be written'),
  });
  const logger = pino({ level }, process.stdout.isTTY ? prettified(output) : output);
  return logger;
}

function prettified(output: LogOutput): DestinationStream & Pick<LogOutput, 'flush'> {
  const prettify = prettyFactory({
    singleLine: true,
    translateTime: 'HH:MM:ss.l',
    // Of a request these stand in the message.
    ignore: 'pid,hostname,method,route,status,durationMs',
    messageFormat: '{msg}{if method} {method} {route} {status} in {durationMs} ms{end}',
  });
  return {
    write: (line) => output.write(prettify(line)),
    flush: (done) => output.flush(done),
  };
}

/** Writes the log out before the process ends. The second flush is for a line that the first has brought. */
export async function flushLog(logger: Logger): Promise<void> {
  const flush = () => new Promise<void>((resolve) => logger.flush(() => resolve()));
  await Promise.race([flush().then(flush), sleep(FLUSH_TIMEOUT)]);
}
