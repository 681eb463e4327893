import { setTimeout as sleep } from 'node:timers/promises';
import { FAILURE_KINDS, type FailureKind } from './failures.ts';
import { type Topology, waitUntilAvailable } from './topology.ts';

/** Before the first failure and after the last one ends. */
const QUIET_MS = 6_000;
/** From the recovery of one failure to the next. */
const GAP_MS = [2_000, 7_000] as const;
/** How long all machines may take to work again after a failure. */
const RECOVERY_TIMEOUT_MS = 180_000;

export interface Failure {
  kind: FailureKind;
  target: string;
  durationMs: number;
  /** How long to wait before it. */
  gapMs: number;
}

/** What was done, in milliseconds since the start of the run. */
export interface Injected {
  name: string;
  target: string;
  from: number;
  until: number;
  /** When all machines worked again. */
  recovered: number;
}

/** An endless sequence of failures, the same for the same seed. Every kind comes once before one is repeated. */
export function* planFailures(
  random: () => number,
  kinds: readonly FailureKind[] = FAILURE_KINDS,
): Generator<Failure, never, undefined> {
  const used = new Map<string, number>();
  for (;;) {
    for (const kind of shuffle(kinds, random)) {
      const { name, targets, seconds } = kind;
      // Each target of a kind comes once before one is repeated, too.
      const count = used.get(name) ?? Math.floor(random() * targets.length);
      used.set(name, count + 1);
      const target = targets[count % targets.length] as string;
      yield { kind, target, durationMs: 1_000 * between(seconds, random), gapMs: between(GAP_MS, random) };
    }
  }
}

/** Injects one failure after the other until the time is over, in milliseconds since the start of the run. */
export async function injectFailures(
  topology: Topology,
  random: () => number,
  options: {
    kinds: readonly FailureKind[];
    now: () => number;
    untilMs: number;
    onEnd: (injected: Injected) => void;
  },
): Promise<void> {
  const { kinds, now, untilMs, onEnd } = options;
  await sleep(QUIET_MS);
  for (const { kind, target, durationMs, gapMs } of planFailures(random, kinds)) {
    if (now() + gapMs + durationMs + QUIET_MS > untilMs) return;
    await sleep(gapMs);
    const from = now();
    const end = await kind.begin(topology, target, random);
    await sleep(durationMs);
    await end();
    const until = now();
    await waitUntilAvailable(topology, RECOVERY_TIMEOUT_MS);
    onEnd({ name: kind.name, target, from, until, recovered: now() });
  }
}

function between([from, to]: readonly [number, number], random: () => number): number {
  return from + (to - from) * random();
}

function shuffle<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
