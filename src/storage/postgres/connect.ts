import pg from 'pg';
import { postgresServers } from '../../formats/postgres-url.ts';
import { clientConfig } from './client-config.ts';
import { ConnectFailed, NoPrimary } from './connect-failed.ts';
import { choosePrimary, readServerState, type Server } from './server-state.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens a connection outside of any pool. If the URL has several hosts, it leads to the one that accepts writes.
 *
 * @throws ConnectFailed
 */
export async function connect(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  return connectTo(await findPrimary(url), config);
}

/** As {@link connect}, for a URL of one host. */
export async function connectTo(
  url: string,
  config: pg.ClientConfig = {},
  timeoutMs = CONNECT_TIMEOUT_MS,
): Promise<pg.Client> {
  let client: pg.Client | undefined;
  try {
    client = new pg.Client({ ...config, ...clientConfig(url), connectionTimeoutMillis: timeoutMs });
    // If the connection is lost, its statement fails. The `error` event would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (error) {
    await client?.end().catch(() => undefined);
    throw new ConnectFailed(error, url, timeoutMs);
  }
}

/** A host of a URL, and either its state or why it cannot be connected to. */
export type InspectedServer = { url: string } & ({ server: Server } | { error: ConnectFailed });

/** Connects to each host of a URL. */
export function inspectServers(url: string): Promise<InspectedServer[]> {
  return Promise.all(
    postgresServers(url).urls.map(async (host) => {
      try {
        const client = await connectTo(host, { query_timeout: CONNECT_TIMEOUT_MS });
        try {
          return { url: host, server: { url: host, ...(await readServerState(client)) } };
        } finally {
          client.end().catch(() => undefined);
        }
      } catch (error) {
        return {
          url: host,
          error: error instanceof ConnectFailed ? error : new ConnectFailed(error, host, CONNECT_TIMEOUT_MS),
        };
      }
    }),
  );
}

/**
 * The URL of the host that accepts writes. If the URL has only one host and does not require that, it is returned as it is.
 *
 * @throws ConnectFailed if there is none.
 */
export async function findPrimary(url: string): Promise<string> {
  const { urls, sessionAttributes } = postgresServers(url);
  if (urls.length === 1 && sessionAttributes === null) return url;
  const inspected = await inspectServers(url);
  const primary = choosePrimary(inspected.flatMap((one) => ('server' in one ? [one.server] : [])));
  if (primary !== undefined) return primary.url;
  throw new NoPrimary(inspected.map((one) => ('error' in one ? one.error.problem : `${hostOf(one.url)} is read-only`)));
}

/** The host and port of a URL, for messages. */
export function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 5432}`;
}
