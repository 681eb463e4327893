import type { ClientBase } from 'pg';

/** The state of a PostgreSQL server. */
export interface ServerState {
  /** Whether it accepts writes: it is no standby, and not read-only. */
  writable: boolean;
  /** Each promotion of a standby begins the next timeline. 0 for a standby. */
  timeline: number;
  /** The same for a primary server and its standbys. */
  system: string;
  /** Whether it acknowledges a commit only when a standby has it. */
  synchronous: boolean;
}

export interface Server extends ServerState {
  /** Its URL, with one host. */
  url: string;
}

const STATE = `
  SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off',
    CASE WHEN pg_is_in_recovery() THEN 0
         ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer END,
    (SELECT system_identifier::text FROM pg_control_system()),
    current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') IN ('on', 'remote_apply')`;

export async function readServerState(client: ClientBase): Promise<ServerState> {
  const { rows } = await client.query<[boolean, number, string, boolean]>({ text: STATE, rowMode: 'array' });
  const [writable, timeline, system, synchronous] = rows[0] as [boolean, number, string, boolean];
  return { writable, timeline, system, synchronous };
}

/**
 * Chooses the server to write to. If several accept writes, a standby was promoted while its primary continued: the newest
 * timeline is chosen.
 *
 * @param current the server in use. No server of the same system and an older timeline is chosen: it missed a promotion.
 */
export function choosePrimary(servers: readonly Server[], current?: Server): Server | undefined {
  const isOld = (server: Server) => server.system === current?.system && server.timeline < current.timeline;
  const [newest] = servers
    .filter((server) => server.writable && !isOld(server))
    .sort((a, b) => b.timeline - a.timeline || Number(b.url === current?.url) - Number(a.url === current?.url));
  return newest;
}
