import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A message to the process of `servers-process.ts`. */
export type ServerRequest = { id: number; databaseFile: string } | { id: number; stop: true };

/** Its reply. */
export type ServerReply = { id: number; port: number } | { id: number; stopped: true } | { id: number; error: string };

/** A server in development mode. */
export interface DocumentServer {
  /** `http://127.0.0.1:PORT` */
  url: string;
  stop: () => Promise<void>;
}

const waiting = new Map<number, { resolve: (reply: ServerReply) => void; reject: (error: Error) => void }>();
let host: ChildProcess | undefined;
let count = 0;

/**
 * Starts a server for a document. All of them share one process, because starting a process takes much longer than
 * starting a server. The process ends with this one.
 *
 * @throws Error if the server does not start.
 */
export async function startDocumentServer(databaseFile: string): Promise<DocumentServer> {
  const id = count++;
  const reply = await send({ id, databaseFile });
  if (!('port' in reply)) throw new Error(`unexpected reply: ${JSON.stringify(reply)}`);
  const stop = async () => {
    await send({ id, stop: true });
  };
  return { url: `http://127.0.0.1:${reply.port}`, stop };
}

async function send(request: ServerRequest): Promise<ServerReply> {
  host ??= startHost();
  const { promise, resolve, reject } = Promise.withResolvers<ServerReply>();
  waiting.set(request.id, { resolve, reject });
  host.ref();
  host.channel?.ref();
  host.send(request);
  try {
    const reply = await promise;
    if ('error' in reply) throw new Error(`the server failed: ${reply.error}`);
    return reply;
  } finally {
    waiting.delete(request.id);
    if (waiting.size === 0) {
      host?.unref();
      host?.channel?.unref();
    }
  }
}

function startHost(): ChildProcess {
  const child = fork(join(import.meta.dirname, 'servers-process.ts'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (reply: ServerReply) => waiting.get(reply.id)?.resolve(reply));
  child.on('exit', (code, signal) => {
    host = undefined;
    for (const { reject } of waiting.values())
      reject(new Error(`the servers of the documentation ended with ${code ?? signal}`));
  });
  return child;
}
