import { type Results, readResults } from './results.ts';
import { toTable } from './table.ts';

/** The columns of the table of runs, and the rows of the results that they show. */
const COLUMNS: readonly (readonly [heading: string, row: string])[] = [
  ['minutes', 'minutes'],
  ['failures', 'failures'],
  ['kinds', 'kinds of failures'],
  ['writes acknowledged', 'writes acknowledged'],
  ['longest time without one, s', 'longest time without an acknowledged write, s'],
  ['webhook deliveries', 'webhook deliveries'],
  ['violations', 'violations'],
];

/** The table of the runs of `npm run chaos -- --write` in docs/scaling.md. */
export function chaosFigures(results: Results = readResults('RESULTS-chaos.md')): [string, string][] {
  const runs = results.headings.map((heading) => {
    const table = results.table(heading);
    return [heading.replace('Seed ', ''), ...COLUMNS.map(([, row]) => table.number(row, 'value').toLocaleString('en'))];
  });
  return [['chaos-runs', toTable(['seed', ...COLUMNS.map(([heading]) => heading)], runs)]];
}
