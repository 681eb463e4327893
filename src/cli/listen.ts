import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { CliError } from './cli-error.ts';

/** The number of connections that may wait to be accepted. The system caps it (`net.core.somaxconn`, 4096 on Linux). */
const BACKLOG = 4_096;

/** How to name the settings of an address in an error message. */
interface SettingNames {
  port: string;
  host: string;
}

const API_SETTINGS: SettingNames = { port: '--port or PORT', host: '--host or HOST' };

/**
 * Listens on every address of a host. `localhost` means 127.0.0.1 and, on a machine with IPv6, ::1; it is not looked up.
 *
 * @param create creates the server of an address.
 * @param settings names the settings of the address in an error message.
 * @throws CliError if an address is not available.
 */
export async function listenOn<T extends Server>(
  host: string,
  port: number,
  create: () => T,
  settings = API_SETTINGS,
): Promise<T[]> {
  if (host !== 'localhost') return [await bind(create(), host, port, settings)];
  const first = await bind(create(), '127.0.0.1', port, settings);
  try {
    const samePort = (first.address() as AddressInfo).port;
    return [first, await bind(create(), '::1', samePort, settings)];
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

async function bind<T extends Server>(server: T, host: string, port: number, settings: SettingNames): Promise<T> {
  try {
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
    return server;
  } catch (error) {
    throw new CliError(explain((error as NodeJS.ErrnoException).code, host, port, settings), { cause: error });
  }
}

function explain(code: string | undefined, host: string, port: number, settings: SettingNames): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use; stop the other program, or choose another port with ${settings.port}`;
    case 'EACCES':
      return `port ${port} requires privileges; choose one above 1023 with ${settings.port}`;
    default:
      return `cannot listen on ${host} (${code}); choose an address of this machine with ${settings.host}`;
  }
}

function isSystemError(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
