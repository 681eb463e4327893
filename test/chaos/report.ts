import type { Delivery, History, Violation } from './history.ts';
import type { Injected } from './schedule.ts';

/** What a run found. */
export interface Result {
  seed: number;
  /** How long the load and the failures lasted. */
  durationMs: number;
  injected: Injected[];
  history: History;
  violations: Violation[];
}

/** A summary of a run in Markdown: a line for each figure. */
export function summarize({ seed, durationMs, injected, history, violations }: Result): string[] {
  const { operations, feed, followers, deliveries } = history;
  const count = (kinds: readonly string[], outcome: string) =>
    operations.filter((one) => kinds.includes(one.kind) && one.outcome === outcome).length;
  const writes = ['create', 'update', 'delete'];
  const reminders = feed.filter(({ type }) => type === 'task.reminder').length;
  const gap = longestGap(operations.filter((one) => writes.includes(one.kind) && one.outcome === 'acknowledged'));
  const followed = followers.map(({ events }) => events.length).join(' and ');
  return [
    `seed ${seed}, ${(durationMs / 60_000).toFixed(1)} minutes, ${injected.length} failures of ${new Set(injected.map(({ name }) => name)).size} kinds`,
    `writes: ${count(writes, 'acknowledged')} acknowledged, ${count(writes, 'rejected')} rejected, ${count(writes, 'unknown')} with an unknown outcome`,
    `reads: ${count(['read'], 'acknowledged')} of single resources, ${count(['list'], 'acknowledged')} lists`,
    `events: ${feed.length}, of which ${reminders} reminders; followers got ${followed}`,
    `webhooks: ${deliveries.length} deliveries, of which ${repetitions(deliveries)} were repetitions with the same id`,
    `longest time without an acknowledged write: ${(gap / 1_000).toFixed(1)} s`,
    `violations: ${violations.length}`,
  ];
}

/** The longest time between the ends of two operations, in milliseconds. */
function longestGap(operations: readonly { end: number }[]): number {
  const ends = operations.map(({ end }) => end).sort((a, b) => a - b);
  return ends.reduce((longest, end, i) => Math.max(longest, end - (ends[i - 1] ?? end)), 0);
}

function repetitions(deliveries: readonly Delivery[]): number {
  return deliveries.length - new Set(deliveries.map(({ webhook, sequence }) => `${webhook} ${sequence}`)).size;
}
