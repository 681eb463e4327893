import pg from 'pg';
import { ConnectFailed } from './connect-failed.ts';
import { toConnectionString } from './connection-string.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens a connection outside of any pool.
 *
 * @throws ConnectFailed
 */
export async function connect(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const options = { ...config, connectionString: toConnectionString(url), connectionTimeoutMillis: CONNECT_TIMEOUT_MS };
  let client: pg.Client | undefined;
  try {
    // The constructor reads the certificate files of the URL.
    client = new pg.Client(options);
    // If the connection is lost, its statement fails. The `error` event would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (error) {
    await client?.end().catch(() => undefined);
    throw new ConnectFailed(error, url, CONNECT_TIMEOUT_MS);
  }
}
