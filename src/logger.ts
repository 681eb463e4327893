import pino, { type Logger } from 'pino';
import pinoPretty from 'pino-pretty';
import type { LogLevel } from './config.ts';

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
  // Not synchronous: lines that come up while one write is under way go out together with the next.
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 1, sync: false }));
}
