import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface ServerProcess {
  process: ChildProcess;
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** The log lines so far, parsed. */
  log: Record<string, unknown>[];
  /** Standard error so far. */
  stderr: () => string;
  /** Sends a signal, SIGTERM by default. Resolves with the exit code, or null if the signal killed the process. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

export type ServerOptions = ({ databaseFile: string } | { databaseUrl: string }) & {
  /** `dev` accepts the development token, `serve` does not. */
  command?: 'dev' | 'serve';
  args?: string[];
  /** The program and its first arguments: by default, the source with the Node of this process. */
  program?: string[];
  /** A wrapper program and its arguments, for example a tracer. */
  wrap?: string[];
  /** The log message after which the server is ready. */
  ready?: string;
};

/** How long a server may take to listen. Less than a test may take, so that the test can report it. */
const START_TIMEOUT_MS = 60_000;

/**
 * Starts the program as a process on a free port and waits until it listens. The caller stops it.
 *
 * @throws Error if it exits, or does not listen within a minute.
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { command = 'dev', args = [], program = [process.execPath, MAIN], wrap = [], ready = 'listening' } = options;
  const databaseUrl = 'databaseUrl' in options ? options.databaseUrl : `file:${options.databaseFile}`;
  const [file = '', ...rest] = [
    ...[...wrap, ...program, command],
    ...['--port', '0', '--database-url', databaseUrl, ...args],
  ];
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const log: Record<string, unknown>[] = [];
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  exited.finally(() => clearTimeout(timer));
  const url = await new Promise<string>((resolve, reject) => {
    exited.then(([code]) => reject(new Error(`the server exited with ${code} before it listened: ${stderr}`)));
    createInterface(child.stdout).on('line', (line) => {
      // SIGKILL may cut the last line.
      if (!line.endsWith('}')) return;
      const entry = JSON.parse(line);
      log.push(entry);
      // Several processes write: the line with the port may come after that of the primary process.
      const port = log.find(({ msg }) => msg === 'listening')?.port;
      if (port !== undefined && log.some(({ msg }) => msg === ready)) resolve(`http://127.0.0.1:${port}`);
    });
  });
  clearTimeout(timer);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return (await exited)[0];
  };
  return { process: child, url, log, stderr: () => stderr, stop };
}
