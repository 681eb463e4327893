import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take to start, in milliseconds. */
const START_TIMEOUT_MS = 10_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

export interface ServerProcess {
  pid: number;
  /** Its port on 127.0.0.1. */
  port: number;
  /** The file that its standard output goes to, as that of a server in production does. */
  logFile: string;
  /** Everything on standard error so far. */
  stderr: () => string;
  /** Ends it at once: what it stored is of no use any more. */
  kill: () => Promise<void>;
}

export interface SpawnOptions {
  /** The program that gets the arguments; by default this same Node. */
  program?: string;
  /** Environment variables beside those of this process. */
  env?: Readonly<Record<string, string>>;
}

/** Starts a program in `folder`, without waiting for it. It never outlives this process. */
export function spawnServer(
  folder: string,
  port: number,
  args: readonly string[],
  { program = process.execPath, env = {} }: SpawnOptions = {},
): ServerProcess {
  const logFile = join(folder, 'stdout.log');
  const errorFile = join(folder, 'stderr.log');
  const [log, errors] = [openSync(logFile, 'a'), openSync(errorFile, 'a')];
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, errors],
  });
  // The server has them too. Kept open here, they would hold the disk space of logs that are long removed.
  closeSync(log);
  closeSync(errors);
  running.add(child);
  const exited = once(child, 'exit').then(() => running.delete(child));
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid as number, port, logFile, stderr: () => readFileSync(errorFile, 'utf8'), kill };
}

/** Fulfilled when the server accepts connections. */
export async function listening(server: ServerProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await accepts(server.port))) {
    if (performance.now() > deadline) throw new Error(`the server does not listen: ${server.stderr()}`);
    await sleep(20);
  }
}

/** A port of 127.0.0.1 that is free at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
