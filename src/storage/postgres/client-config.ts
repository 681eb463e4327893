import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import pgpass from 'pgpass';

/**
 * What a connection to one server needs. Reads the certificate files of the URL.
 *
 * @param url of one host.
 * @throws Error if a file cannot be read.
 */
export function clientConfig(url: string): pg.ClientConfig {
  const config: pg.ClientConfig = parseIntoClientConfig(withLibpqModes(url));
  // pg also reads the password file, but prints a warning that it will stop doing so.
  return config.password || process.env.PGPASSWORD ? config : { ...config, password: () => readPasswordFile(config) };
}

/**
 * A class of clients that read the files of the URL again for each connection, so that a new certificate or password needs no
 * restart. If a certificate file cannot be read, for example while it is replaced, its last content is used.
 */
export function clientClass(url: string): new () => pg.Client {
  let last: pg.ClientConfig | undefined;
  return class extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      try {
        last = clientConfig(url);
      } catch (error) {
        if (last === undefined) throw error;
      }
      super({ ...options, ...last });
    }
  };
}

/** With `sslmode` as in libpq. Without `uselibpqcompat`, pg treats `require` as `verify-full` and prints a warning. */
function withLibpqModes(url: string): string {
  const { searchParams } = new URL(url);
  const isSet = searchParams.has('uselibpqcompat') || !searchParams.has('sslmode');
  return isSet ? url : `${url}&uselibpqcompat=true`;
}

/** The password of the connection in the file `PGPASSFILE`, by default `~/.pgpass`; empty if there is none. */
function readPasswordFile(connection: pg.ClientConfig): Promise<string> {
  return new Promise((resolve) => pgpass(connection, (password) => resolve(password ?? '')));
}
