/** The values of `target_session_attrs` that require a server that accepts writes. */
export const PRIMARY_ATTRIBUTES: readonly string[] = ['read-write', 'primary'];

const SESSION_ATTRIBUTES = 'target_session_attrs';

/** The servers of a PostgreSQL URL. */
export interface PostgresServers {
  /** A URL for each host. */
  urls: string[];
  /** The value of `target_session_attrs`, or null. The URLs do not contain it. */
  sessionAttributes: string | null;
}

/**
 * Splits a URL in libpq's form `postgres://user:password@host1:port1,host2:port2/database` into a URL for each host. Without
 * a port, a host has 5432.
 *
 * @returns undefined if the URL is invalid.
 */
export function parsePostgresServers(text: string): PostgresServers | undefined {
  // The host ends at the first `/`, and the user at the last `@` before that.
  const [, start, hosts, rest] = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^@/?#]*)(.*)$/s.exec(text) ?? [];
  if (hosts === undefined) return undefined;
  const urls: string[] = [];
  let sessionAttributes: string | null = null;
  for (const host of hosts.split(',')) {
    const url = URL.parse(`${start}${host}${rest}`);
    if (url === null || url.hostname === '' || url.pathname.length <= 1) return undefined;
    sessionAttributes = url.searchParams.get(SESSION_ATTRIBUTES);
    if (sessionAttributes !== null) url.searchParams.delete(SESSION_ATTRIBUTES);
    urls.push(sessionAttributes === null ? `${start}${host}${rest}` : url.href);
  }
  return { urls, sessionAttributes };
}

/** As {@link parsePostgresServers}, for a URL that is valid. */
export function postgresServers(url: string): PostgresServers {
  const servers = parsePostgresServers(url);
  if (servers === undefined) throw new TypeError('the URL of the PostgreSQL database is invalid');
  return servers;
}
