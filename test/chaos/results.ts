import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Result } from './report.ts';
import type { Injected } from './schedule.ts';
import { drawTimeline } from './timeline.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** The results that the documentation quotes. */
const FILE = join(ROOT, 'bench', 'RESULTS-chaos.md');
const PICTURE = join(ROOT, 'docs', 'images', 'chaos.svg');

const INTRODUCTION = `# Chaos

Written by \`npm run chaos -- --write\`. The machines of a [whole installation](../docs/scaling.md#chaos) fail one after the other, under load. Afterwards, all
that the clients saw is compared with what is stored. Each section is one run: its seed determines which machines fail, how, when and for how
long. Everything shares one machine of two cores.
`;

/** Writes the section of a run into the results, in place of an older one of its seed, and the picture of the run. */
export function writeResults(result: Result): void {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const heading = `## Seed ${result.seed}\n`;
  const others = before.split(/^(?=## )/m).filter((part) => part.startsWith('## ') && !part.startsWith(heading));
  const sections = [...others.map((other) => other.trim()), describe(result)].sort();
  writeFileSync(FILE, `${[INTRODUCTION.trim(), ...sections].join('\n\n')}\n`);
  writeFileSync(PICTURE, drawTimeline(result));
}

function describe(result: Result): string {
  const figures = Object.entries(measure(result)).map(([what, value]) => {
    return `| ${what} | ${Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(1)} |`;
  });
  return [
    `## Seed ${result.seed}`,
    '',
    '| | value |',
    '|---|---|',
    ...figures,
    '',
    '| failure | times | longest until all machines worked again, s |',
    '|---|---|---|',
    ...describeFailures(result.injected),
  ].join('\n');
}

function describeFailures(injected: readonly Injected[]): string[] {
  const kinds = Map.groupBy(injected, ({ name }) => name);
  return [...kinds].sort().map(([name, failures]) => {
    const longest = Math.max(...failures.map(({ until, recovered }) => recovered - until));
    return `| ${name} | ${failures.length} | ${(longest / 1_000).toFixed(1)} |`;
  });
}
