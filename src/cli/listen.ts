import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { CliError } from './cli-error.ts';

/** How many connections may wait to be accepted. The system caps it (`net.core.somaxconn`, 4096 on Linux). */
const BACKLOG = 4_096;

/**
 * Makes servers listen on every address that a host stands for: `localhost` means 127.0.0.1 and ::1, whatever the
 * machine's own table of names says. A machine without IPv6 has the first only.
 *
 * @param create makes the server for one more address.
 * @throws CliError when the address cannot be had.
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

/** @throws CliError when {@link listenOn} would. */
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
      return `port ${port} is already in use; stop the other program or choose a port with --port or PORT`;
    case 'EACCES':
      return `port ${port} may not be used; choose one above 1023 with --port or PORT`;
    default:
      return `${host} cannot be listened on (${code}); choose an address of this machine with --host or HOST`;
  }
}

function isSystemError(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
