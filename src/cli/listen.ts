import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { CliError } from './cli-error.ts';

/** The number of connections that may wait to be accepted. The system caps it (`net.core.somaxconn`, 4096 on Linux). */
const BACKLOG = 4_096;

/**
 * Listens on every address of a host. `localhost` means 127.0.0.1 and, on a machine with IPv6, ::1; it is not looked up.
 *
 * @param create creates the server of an address.
 * @throws CliError if an address is not available.
 */
export async function listenOn<T extends Server>(host: string, port: number, create: () => T): Promise<T[]> {
  if (host !== 'localhost') return [await bind(create(), host, port)];
  const first = await bind(create(), '127.0.0.1', port);
  try {
    const samePort = (first.address() as AddressInfo).port;
    return [first, await bind(create(), '::1', samePort)];
  } catch (error) {
    if (isSystemError((error as Error).cause, 'EADDRNOTAVAIL', 'EAFNOSUPPORT')) return [first];
    first.close();
    throw error;
  }
}

/** Checks that a server can listen on every address of a host. @throws CliError if not. */
export async function findFreeAddresses(host: string, port: number): Promise<void> {
  for (const server of await listenOn(host, port, () => createServer())) server.close();
}

async function bind<T extends Server>(server: T, host: string, port: number): Promise<T> {
  try {
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
    return server;
  } catch (error) {
    throw new CliError(explain((error as NodeJS.ErrnoException).code, host, port), { cause: error });
  }
}

function explain(code: string | undefined, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use; stop the other program, or choose another port with --port or PORT`;
    case 'EACCES':
      return `port ${port} requires privileges; choose one above 1023 with --port or PORT`;
    default:
      return `cannot listen on ${host} (${code}); choose an address of this machine with --host or HOST`;
  }
}

function isSystemError(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
