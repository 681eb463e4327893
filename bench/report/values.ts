import { CONNECTIONS, type JobResult } from '../generator/job.ts';
import type { ConnectionCount, Measures } from '../measure.ts';
import type { PeerName } from '../peers.ts';
import type { PeerRound, Round } from '../round.ts';
import { type Beside, type Timing, WORKLOADS, type Workload } from '../session.ts';

/** Everything that a run measured. */
export interface Run {
  date: Date;
  /** What the numbers depend on, a line each. */
  machine: string[];
  timing: Timing;
  /** Those that were measured. */
  peers: PeerName[];
  /** The version of wrk, or undefined if it is not installed. */
  wrk: string | undefined;
  /** Whether fsyncs could be delayed. */
  slowDisk: boolean;
  /** The generator against a server that is as cheap as can be. */
  generatorLimit: JobResult;
  rounds: Round[];
}

/** A value of each round of a server; none where it was not measured. */
export function ofPeer(
  rounds: readonly Round[],
  name: PeerName,
  value: (round: PeerRound) => number | undefined,
): number[] {
  return rounds.flatMap((round) => (round[name] && value(round[name])) ?? []);
}

export interface Measured {
  result: JobResult;
  measures: Measures;
}

/** A value of each round of a server under a load. */
export function ofLoad(
  rounds: readonly Round[],
  name: PeerName,
  workload: Workload,
  count: ConnectionCount,
  value: (measured: Measured) => number,
): number[] {
  return ofPeer(rounds, name, ({ measures }) =>
    value({ result: measures[count].workloads[workload], measures: measures[count] }),
  );
}

/** The first's value divided by the second's, in each round. */
export function divide(first: readonly number[], second: readonly number[]): number[] {
  return second.map((divisor, round) => (first[round] as number) / divisor);
}

/** The results of `create` at the common rate. */
export function atRate(rounds: readonly Round[], name: PeerName): JobResult[] {
  return rounds.flatMap((round) => round[name]?.measures[CONNECTIONS].extras?.atRate ?? []);
}

/** The greatest of the workloads with so many connections, in MB. */
export function loadedMegabytes({ workloads }: Measures): number {
  return Math.max(...WORKLOADS.map((workload) => workloads[workload].serverMemory)) / 1e6;
}

/** In MB. */
export function idleMegabytes({ measures }: PeerRound): number {
  return measures[CONNECTIONS].idleMemory / 1e6;
}

/** Reads beside creates, with slow fsyncs. */
export function slowBesideOf({ slowDisk }: PeerRound): Beside | undefined {
  return slowDisk?.[CONNECTIONS].beside;
}
