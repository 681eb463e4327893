import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface ServerProcess {
  process: ChildProcess;
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** The log so far, a parsed line each. */
  log: Record<string, unknown>[];
  /** Everything on standard error so far. */
  stderr: () => string;
  /** Sends a signal, SIGTERM unless told, and resolves with the exit code (null when the signal itself ended it). */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/**
 * Starts the program as its own process on a free port, with its database at `databaseFile`, and waits until it
 * listens. The caller stops it.
 *
 * @param command `dev` accepts the documents' token, `serve` does not.
 * @param wrap a program and its arguments to run it under, such as a tracer.
 */
export async function startServer(options: {
  databaseFile: string;
  command?: 'dev' | 'serve';
  args?: string[];
  wrap?: string[];
}): Promise<ServerProcess> {
  const { databaseFile, command = 'dev', args = [], wrap = [] } = options;
  const [program = '', ...rest] = [
    ...[...wrap, process.execPath, MAIN, command],
    ...['--port', '0', '--database-url', `file:${databaseFile}`, ...args],
  ];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const log: Record<string, unknown>[] = [];
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    exited.then(([code]) => reject(new Error(`the server exited with ${code} before it listened: ${stderr}`)));
    createInterface(child.stdout).on('line', (line) => {
      // SIGKILL may tear the last line.
      if (!line.endsWith('}')) return;
      const entry = JSON.parse(line);
      log.push(entry);
      if (entry.msg === 'listening') resolve(`http://127.0.0.1:${entry.port}`);
    });
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return (await exited)[0];
  };
  return { process: child, url, log, stderr: () => stderr, stop };
}
