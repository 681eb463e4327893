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

/** The figures of a run, by what they count. Times are in seconds. */
export function measure({ durationMs, injected, history, violations }: Result) {
  const { operations, feed, deliveries } = history;
  const count = (kinds: readonly string[], outcome: string) =>
    operations.filter((one) => kinds.includes(one.kind) && one.outcome === outcome).length;
  const writes = ['create', 'update', 'delete'];
  const gap = longestGap(operations.filter((one) => writes.includes(one.kind) && one.outcome === 'acknowledged'));
  return {
    minutes: durationMs / 60_000,
    failures: injected.length,
    'kinds of failures': new Set(injected.map(({ name }) => name)).size,
    'writes acknowledged': count(writes, 'acknowledged'),
    'writes rejected': count(writes, 'rejected'),
    'writes with an unknown outcome': count(writes, 'unknown'),
    'reads of single resources': count(['read'], 'acknowledged'),
    lists: count(['list'], 'acknowledged'),
    events: feed.length,
    reminders: feed.filter(({ type }) => type === 'task.reminder').length,
    'webhook deliveries': deliveries.length,
    'deliveries repeated with the same id': repetitions(deliveries),
    'longest time without an acknowledged write, s': gap / 1_000,
    violations: violations.length,
  };
}

/** A summary of a run: a line for each figure. */
export function summarize(result: Result): string[] {
  const all = measure(result);
  const followed = result.history.followers.map(({ events }) => events.length).join(' and ');
  return [
    `seed ${result.seed}, ${all.minutes.toFixed(1)} minutes, ${all.failures} failures of ${all['kinds of failures']} kinds`,
    `writes: ${all['writes acknowledged']} acknowledged, ${all['writes rejected']} rejected, ${all['writes with an unknown outcome']} with an unknown outcome`,
    `reads: ${all['reads of single resources']} of single resources, ${all.lists} lists`,
    `events: ${all.events}, of which ${all.reminders} reminders; followers got ${followed}`,
    `webhooks: ${all['webhook deliveries']} deliveries, of which ${all['deliveries repeated with the same id']} were repetitions with the same id`,
    `longest time without an acknowledged write: ${all['longest time without an acknowledged write, s'].toFixed(1)} s`,
    `violations: ${all.violations}`,
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
