import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { percentile } from './backup-rounds.ts';
import type { FailoverResult } from './failover-rounds.ts';

/** The results that the documentation quotes. */
const FILE = join(import.meta.dirname, '..', '..', 'bench', 'RESULTS-failover.md');

const INTRODUCTION = `# Failover

Written by \`npm run torture -- --failover --write\` and the same with \`--patroni\`. Two processes of the service create 200 tasks a second in
all, on a primary and a synchronous standby on the same machine. Half of the requests have an idempotency key and are sent until they succeed.
In each round the primary fails, and the standby is promoted. Then everything that was acknowledged is compared with the new primary. The
load continues meanwhile, also while the old primary is made a standby. The processes are not restarted.
`;

/** The rows of a result: what was measured, and the value. */
export function describeFailovers(result: FailoverResult): [string, string][] {
  const seconds = (values: number[], part: number) => (percentile(values, part) / 1000).toFixed(2);
  return [
    ['failovers', String(result.rounds)],
    ['tasks acknowledged', String(result.acknowledged)],
    ['violations: lost, doubled, with another id', String(result.violations.length)],
    ['acknowledged requests sent again with their key', String(result.counts.repeated)],
    ['responses 503 or 408', String(result.counts.unavailable)],
    ['requests without a response', String(result.counts.lost)],
    ['from the promotion to the first write of a process, median, s', seconds(result.gapsMs, 0.5)],
    ['from the promotion to the first write of a process, 95 %, s', seconds(result.gapsMs, 0.95)],
    ['from the promotion to the first write of a process, longest, s', seconds(result.gapsMs, 1)],
    ['longest time without a write in a round, median, s', seconds(result.outagesMs, 0.5)],
    ['longest time without a write in a round, longest, s', seconds(result.outagesMs, 1)],
  ];
}

/** Replaces the section of the results file. */
export function writeFailovers(heading: string, conditions: string, result: FailoverResult): void {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const others = before
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith('## ') && !part.startsWith(`## ${heading}\n`));
  const rows = describeFailovers(result).map(([what, value]) => `| ${what} | ${value} |`);
  const section = [`## ${heading}`, '', conditions, '', '| | value |', '|---|---|', ...rows, ''].join('\n');
  const sections = [...others.map((other) => other.trim()), section.trim()].sort();
  writeFileSync(FILE, `${[INTRODUCTION.trim(), ...sections].join('\n\n')}\n`);
}
