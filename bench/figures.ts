import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chaosFigures } from './chaos-figures.ts';
import { costFigures } from './cost-model.ts';
import { readResults } from './results.ts';
import { toTable } from './table.ts';

/** At how many requests/s the documentation estimates the cores that a service needs: three times the average. */
const PEAK_RATE = 8_400;

/**
 * The figures that the documentation quotes from the results, by name. A page has each between
 * `<!-- figure: NAME -->` and `<!-- / -->`.
 */
export function readFigures(): ReadonlyMap<string, string> {
  const sqlite = readResults('RESULTS.md');
  const rates = sqlite.table('Requests/s');
  const costs = sqlite.table('CPU a request, µs');
  const ratios = sqlite.table('This service against the others');
  const lists = readResults('RESULTS-lists.md').table('A list costs the same however much is stored');
  const taskLists = lists.rows.filter((row) => row.startsWith('tasks'));
  const listCosts = taskLists.map((row) => lists.number(row, 'big, µs'));
  const listRatios = taskLists.map((row) => lists.number(row, 'big / small'));
  const postgres = readResults('RESULTS-postgres.md');
  const groups = 'New users in groups, against a statement for each';
  const grouping = postgres.table(groups);
  const ratio = (row: string) => grouping.number(row, 'grouped / each');
  const [single, singleDatabase] = ['CPU of the server at half, µs', 'CPU of PostgreSQL at half, µs'].map((row) =>
    grouping.number(row, 'a statement each'),
  ) as [number, number];
  const cores = (micros: number) => ((PEAK_RATE * micros) / 1e6).toFixed(1);
  const sizing = readResults('RESULTS-sizing.md');
  const [disk, memory] = [sizing.table('Disk'), sizing.table('Memory')];
  return new Map([
    ...chaosFigures(),
    ...costFigures(),
    ['replicas', replicaTable()],
    ['sqlite-create-rate', short(rates.number('create, 64 connections', 'this service'))],
    ['sqlite-create-express-ratio', short(ratios.number('create, requests/s', 'Express + better-sqlite3'))],
    ['sqlite-create-cpu-bare-ratio', short(ratios.number('create, CPU a request', 'bare `node:http`'))],
    ['sqlite-create-cpu', short(costs.number('create, 64 connections', 'this service'))],
    ['sqlite-read-rate', short(rates.number('get, 64 connections', 'this service'))],
    ['sqlite-read-cpu', short(costs.number('get, 64 connections', 'this service'))],
    ['sqlite-list-cpu', `${short(Math.min(...listCosts))} to ${short(Math.max(...listCosts))}`],
    ['sqlite-list-ratio', Math.max(...listRatios).toFixed(2)],
    ['postgres-half-rate', short(postgres.numberInText(groups, /full load, ([\d,]+)\/s/))],
    ['postgres-half-cpu', short(grouping.number('CPU of the server at half, µs', 'grouped'))],
    ['postgres-half-database-cpu', short(grouping.number('CPU of PostgreSQL at half, µs', 'grouped'))],
    ['postgres-full-rate', short(grouping.number('requests/s', 'grouped'))],
    ['postgres-full-cpu', short(grouping.number('CPU of the server a request, µs', 'grouped'))],
    ['postgres-full-database-cpu', short(grouping.number('CPU of PostgreSQL a request, µs', 'grouped'))],
    ['postgres-single-cpu-ratio', short(1 / ratio('CPU of the server a request, µs'))],
    ['postgres-single-database-cpu-ratio', short(1 / ratio('CPU of PostgreSQL a request, µs'))],
    ['postgres-single-rate-ratio', short(1 / ratio('requests/s'))],
    ['postgres-single-half-cpu', short(single)],
    ['postgres-single-half-database-cpu', short(singleDatabase)],
    ['postgres-peak-cores', cores(single)],
    ['postgres-peak-database-cores', cores(singleDatabase)],
    ['sizing-users', short(disk.number('users', 'MB'))],
    ['sizing-tasks', short(disk.number('tasks', 'MB'))],
    ['sizing-words', short(disk.number('words for search', 'MB'))],
    ['sizing-changes', short(disk.number('change log', 'MB'))],
    ['sizing-idle', short(memory.number('one process, just started', 'MB'))],
    ['sizing-loaded', short(memory.number('one process, under load', 'MB'))],
    ['sizing-workers', short(memory.number('`--workers 4`, just started', 'MB'))],
    ['postgres-creates-a-core', short(1e6 / grouping.number('CPU of PostgreSQL a request, µs', 'grouped'))],
  ]);
}

/** The lists that come from 0, 1 and 2 replicas, and their CPU. */
function replicaTable(): string {
  const results = readResults('RESULTS-replicas.md').table('Lists from replicas');
  const cells = (row: string) => results.columns.map((column) => short(results.number(row, column)));
  const rows = results.rows.map((row) => [row, ...cells(row)]);
  return toTable(
    ['replicas', results.columns[0] as string, ...results.columns.slice(1).map((name) => `${name}, µs`)],
    rows,
  );
}

const FIGURE = /<!-- figure: (.*?) -->(.*?)<!-- \/ -->/gs;

/**
 * A page with the figures that the results have.
 *
 * @throws Error for a figure that is not known.
 */
export function updateFigures(markdown: string, figures: ReadonlyMap<string, string>): string {
  return markdown.replaceAll(FIGURE, (_, name: string) => {
    const figure = figures.get(name);
    if (figure === undefined) throw new Error(`no such figure: ${name}`);
    return `<!-- figure: ${name} -->${figure}<!-- / -->`;
  });
}

/** The names of the figures on a page. */
export function figureNames(markdown: string): string[] {
  return [...markdown.matchAll(FIGURE)].map(([, name = '']) => name);
}

/** Writes the figures of the results into the documentation. */
export function writeFigures(): void {
  const root = join(import.meta.dirname, '..');
  const figures = readFigures();
  for (const page of ['README.md', ...globSync('docs/**/*.md', { cwd: root })]) {
    const before = readFileSync(join(root, page), 'utf8');
    const after = updateFigures(before, figures);
    if (after !== before) writeFileSync(join(root, page), after);
  }
}

/** Two significant digits, with the thousands set apart. */
function short(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en');
}

if (import.meta.main) writeFigures();
