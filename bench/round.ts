import {
  CONNECTION_COUNTS,
  type ConnectionCount,
  DURABLE_PEERS,
  type Measures,
  measurePeer,
  measureSlowDisk,
  type SlowDiskMeasures,
} from './measure.ts';
import type { PeerName } from './peers.ts';
import { connectionsText } from './report/cells.ts';
import type { Tools } from './session.ts';
import { measureStartUp } from './start-up.ts';
import type { Env } from './targets.ts';

/** What a round measures of one server, by the number of connections. */
export interface PeerRound {
  /** In milliseconds. */
  startUp: number;
  measures: Record<ConnectionCount, Measures>;
  /** Only of a server that waits for the disk, and only if its fsyncs can be delayed. */
  slowDisk?: Record<ConnectionCount, SlowDiskMeasures>;
}

/** Every server's; those that are not installed are missing. */
export type Round = Partial<Record<PeerName, PeerRound>>;

/** How many steps a round reports. */
export function stepsOfRound(peers: readonly PeerName[], slowDisk: Env | undefined): number {
  const slowPeers = slowDisk === undefined ? 0 : DURABLE_PEERS.length;
  return (peers.length + slowPeers) * CONNECTION_COUNTS.length;
}

/** Measures every server once, in the given order. */
export async function measureRound(
  peers: readonly PeerName[],
  slowDisk: Env | undefined,
  tools: Tools,
  onStep: (what: string) => void,
): Promise<Round> {
  const round: Round = {};
  for (const name of peers) {
    const startUp = await measureStartUp(name);
    const measures = await forEachCount((count) => {
      onStep(`${name}, ${connectionsText(count)}`);
      return measurePeer(name, count, tools);
    });
    round[name] = { startUp, measures };
    if (slowDisk === undefined || !DURABLE_PEERS.includes(name)) continue;
    round[name].slowDisk = await forEachCount((count) => {
      onStep(`${name}, slow fsync, ${connectionsText(count)}`);
      return measureSlowDisk(name, count, slowDisk, tools);
    });
  }
  return round;
}

async function forEachCount<T>(measure: (count: ConnectionCount) => Promise<T>): Promise<Record<ConnectionCount, T>> {
  const results: Partial<Record<ConnectionCount, T>> = {};
  for (const count of CONNECTION_COUNTS) results[count] = await measure(count);
  return results as Record<ConnectionCount, T>;
}
