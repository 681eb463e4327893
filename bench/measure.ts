import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECTIONS, type JobResult } from './generator/job.ts';
import { residentBytes } from './generator/process-stat.ts';
import { PEERS, type PeerName } from './peers.ts';
import { type Beside, Session, type Tools, WORKLOADS, type Workload } from './session.ts';
import type { Env, Target } from './targets.ts';
import { withWorkFolder } from './work-folder.ts';
import type { WrkResult } from './wrk.ts';

/** How many connections carry the load, in the order of the tables. */
export const CONNECTION_COUNTS = [1, CONNECTIONS, 512] as const;
export type ConnectionCount = (typeof CONNECTION_COUNTS)[number];

/** Requests a second that most servers can respond to. */
export const COMMON_RATE = 500;

/** How long a server is left alone before its idle memory is read, in milliseconds. */
const IDLE_MS = 300;

/** What is measured of a server with {@link CONNECTIONS} connections only. */
export interface Extras {
  /** Creates at {@link COMMON_RATE}. */
  atRate: JobResult;
  /** Creates with a new `Idempotency-Key` each; this service only. */
  withKey?: JobResult;
  /** Reads beside creates; those servers only whose creates wait for the disk. */
  beside?: Beside;
  /** The same loads from wrk. */
  wrk?: { get: WrkResult; create: WrkResult };
}

/** What is measured of a server with one number of connections. */
export interface Measures {
  /** Resident memory before the first request, in bytes. */
  idleMemory: number;
  workloads: Record<Workload, JobResult>;
  extras?: Extras;
}

/** What is measured of a server whose fsyncs are slow. */
export interface SlowDiskMeasures {
  create: JobResult;
  beside?: Beside;
}

/** The servers whose creates wait for the disk. */
export const DURABLE_PEERS: readonly PeerName[] = ['ours', 'express'];

/** Measures a server that is started for this, with users stored. */
export function measurePeer(name: PeerName, connections: ConnectionCount, tools: Tools): Promise<Measures> {
  return withPeer(name, {}, async (target, folder) => {
    await sleep(IDLE_MS);
    const idleMemory = residentBytes(target.server.pid);
    const session = await Session.start(target, PEERS[name], connections, tools);
    const workloads: Partial<Record<Workload, JobResult>> = {};
    for (const workload of WORKLOADS) workloads[workload] = await session.run(workload);
    const measures: Measures = { idleMemory, workloads: workloads as Measures['workloads'] };
    if (connections === CONNECTIONS) measures.extras = await measureExtras(name, session, tools, folder);
    return measures;
  });
}

/** Measures creates of a server whose environment slows its fsyncs. */
export function measureSlowDisk(
  name: PeerName,
  connections: ConnectionCount,
  env: Env,
  tools: Tools,
): Promise<SlowDiskMeasures> {
  return withPeer(name, env, async (target) => {
    const session = await Session.start(target, PEERS[name], connections, tools);
    const create = await session.run('create');
    return connections === CONNECTIONS ? { create, beside: await session.runBeside() } : { create };
  });
}

async function measureExtras(name: PeerName, session: Session, tools: Tools, folder: string): Promise<Extras> {
  const extras: Extras = { atRate: await session.run('create', { rate: COMMON_RATE }) };
  if (name === 'ours') extras.withKey = await session.run('create', { withKey: true });
  if (DURABLE_PEERS.includes(name)) extras.beside = await session.runBeside();
  if (tools.wrk) {
    extras.wrk = { get: await session.runWrk('get', folder), create: await session.runWrk('create', folder) };
  }
  return extras;
}

/** Starts a server in a new folder, ends it afterwards, and adds what it wrote to standard error to an error. */
function withPeer<T>(name: PeerName, env: Env, use: (target: Target, folder: string) => Promise<T>): Promise<T> {
  return withWorkFolder(async (folder) => {
    const target = await PEERS[name].start(folder, env);
    try {
      return await use(target, folder);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}\n${target.server.stderr()}`, { cause: error });
    } finally {
      await target.server.kill();
    }
  });
}
