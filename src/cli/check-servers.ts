import { postgresServers } from '../formats/postgres-url.ts';
import { hostOf, type InspectedServer, inspectServers } from '../storage/postgres/connect.ts';
import { choosePrimary, type Server } from '../storage/postgres/server-state.ts';
import type { Finding } from './finding.ts';

/** Checks each host of a PostgreSQL URL. Returns no finding for a URL of one host. */
export async function checkServers(url: string): Promise<Finding[]> {
  if (postgresServers(url).urls.length === 1) return [];
  const inspected = await inspectServers(url);
  const failed = inspected.flatMap((one) => ('error' in one ? [one.error] : []));
  const findings: Finding[] = failed.map(({ problem, advice }) => ({ ok: false, text: problem, advice }));
  const roles = checkRoles(inspected);
  return roles.ok && findings.length > 0 ? findings : [...findings, roles];
}

function checkRoles(inspected: InspectedServer[]): Finding {
  const servers = inspected.flatMap((one) => ('server' in one ? [one.server] : []));
  const primary = choosePrimary(servers);
  if (primary === undefined) {
    const text = `no host of the database URL accepts writes${servers.length > 0 ? `: ${listHosts(servers)} ${isOrAre(servers, 'read-only')}` : ''}`;
    return { ok: false, text, advice: 'Start the primary, or promote a standby.' };
  }
  const writable = servers.filter((server) => server.writable);
  if (servers.some(({ system }) => system !== primary.system)) {
    const advice = 'Correct the hosts: they must be a primary server and its standbys.';
    return { ok: false, text: `${listHosts(servers)} are not servers of one cluster`, advice };
  }
  if (writable.length > 1) {
    const advice = `Stop all but ${hostOf(primary.url)}, which was promoted last and is used, and make them standbys.`;
    return { ok: false, text: `${listHosts(writable)} accept writes`, advice };
  }
  const standbys = servers.filter((server) => server !== primary);
  const replication = primary.synchronous
    ? ''
    : '; replication is asynchronous, so a failover can lose acknowledged writes';
  const text = `${hostOf(primary.url)} accepts writes, ${listHosts(standbys)} ${isOrAre(standbys, 'a standby', 'standbys')}${replication}`;
  return { ok: true, text };
}

function listHosts(servers: Server[]): string {
  return servers.map(({ url }) => hostOf(url)).join(', ');
}

function isOrAre({ length }: Server[], one: string, several = one): string {
  return length === 1 ? `is ${one}` : `are ${several}`;
}
