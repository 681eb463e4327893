import { setTimeout as sleep } from 'node:timers/promises';
import pino, { type Logger } from 'pino';
import pinoPretty from 'pino-pretty';
import type { LogLevel } from './config.ts';
import { LineBatches } from './line-batches.ts';

/** How long the end of the log may take to be written, in milliseconds. */
const FLUSH_TIMEOUT = 1_000;
/** How much of the log waits in memory at most, in bytes, while nobody reads it; what comes then is dropped. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Logs to standard output: for people on a terminal, one JSON object a line in a pipe or a file. */
export function createLogger(level: LogLevel): Logger {
  if (process.stdout.isTTY) {
    const pretty = pinoPretty({
      singleLine: true,
      translateTime: 'HH:MM:ss.l',
      // Of a request these stand in the message.
      ignore: 'pid,hostname,method,route,status,durationMs',
      messageFormat: '{msg}{if method} {method} {route} {status} in {durationMs} ms{end}',
    });
    return pino({ level }, pretty);
  }
  return pino({ level }, new LineBatches(pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES })));
}

/**
 * Writes the log out before the process ends. A flush that finds a write under way ends with that one, before the lines
 * behind it: the second flush is theirs. Not the synchronous way, which never returns once nobody reads the log any more.
 */
export async function flushLog(logger: Logger): Promise<void> {
  const flush = () => new Promise((resolve) => logger.flush(resolve));
  await Promise.race([flush().then(flush), sleep(FLUSH_TIMEOUT)]);
}
