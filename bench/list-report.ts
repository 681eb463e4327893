import type { JobResult } from './generator/job.ts';
import { type Aim, formatMissedAims } from './missed-aims.ts';
import { median } from './statistics.ts';

/** A case on both stores, in one round. */
export interface ListRound {
  name: string;
  small: JobResult;
  big: JobResult;
}

interface Beside {
  reads: JobResult;
  writes: JobResult;
}

/** The load alone, and beside something. */
export interface BesideRound {
  alone: Beside;
  beside: Beside;
}

/** Beside one client that asked for so many deep pages meanwhile. */
export interface PageRound extends BesideRound {
  pages: number;
}

export interface ListRun {
  date: Date;
  machine: string[];
  small: { users: number; tasks: number };
  big: { users: number; tasks: number };
  deep: number;
  lists: ListRound[][];
  filters: ListRound[][];
  /** Searches for frequent words. */
  searches: ListRound[][];
  pages: PageRound[];
  deletions: BesideRound[];
}

/** How many times what the same costs on the small store a list may cost on the big one. */
const MAX_LIST_RATIO = 1.25;
/** How many times what it is without a deletion the slowest hundredth may take beside it. */
const MAX_DELETE_RATIO = 2;

/** What a search for frequent words may cost on the big store, in milliseconds of CPU. */
const MAX_SEARCH_MS = 50;

const KINDS = ['reads', 'writes'] as const;

/** The whole of RESULTS-lists.md. */
export function formatListReport(run: ListRun): string {
  const { date, machine, small, big, deep, lists, filters, searches, pages, deletions } = run;
  return `# Results: lists and deletion

Written by \`npm run bench:lists\` on ${date.toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join('\n')}
- two servers of this service on SQLite, one with ${count(small.users)} users and ${count(small.tasks)} tasks, one with ${count(big.users)} and ${count(big.tasks)}
- ${lists.length} rounds; in each, every case on the one and then on the other

Ratios are taken within each round; shown is their median, with the least and the greatest in parentheses.

## A list costs the same however much is stored

64 connections at full load, pages of 20. CPU is user and system time of the whole server process a request, in µs. “Deep” is what comes
after \`_page=${count(deep)}\`.

| | small, µs | big, µs | big / small |
|---|---|---|---|
${formatLists(lists)}

## Filters and rare words cost the same

Measured as above, searches with 8 connections. An owner has ten tasks, of which about seven are open.

| | small, µs | big, µs | big / small |
|---|---|---|---|
${formatLists(filters)}

## Frequent words

The first page of a search for words that many tasks have.

| | small, ms | big, ms |
|---|---|---|
${formatSearches(searches)}

## A deep page does not delay other requests

500 requests a second, half \`GET /users/{userId}\`, half \`POST /users\`, on the big store; alone, and beside one client that asks for
\`_page=${deep}\` of all tasks again and again (${count(median(pages.map(({ pages: asked }) => asked)))} pages in a round). Such a page is read by another thread.

| | alone, ms | beside it, ms | ratio |
|---|---|---|---|
${formatBeside(pages, 'p50')}

## Nor does the deletion of a user with 100,000 tasks

The same load, alone, and in the first 5 seconds of \`DELETE\` of such a user and the purge that follows, each time on a store of its own.
The purge goes on for some minutes, a few tasks at a time.

| | alone, ms | beside it, ms | ratio |
|---|---|---|---|
${formatBeside(deletions, 'p99')}

## Aims that were missed

${formatMissedAims(aimsOf(run))}
`;
}

function formatLists(rounds: ListRound[][]): string {
  return caseNames(rounds)
    .map((name, index) => {
      const measured = rounds.map((round) => round[index] as ListRound);
      const [small, big] = [measured.map(({ small: one }) => cpu(one)), measured.map(({ big: one }) => cpu(one))];
      return `| ${name} | ${median(small).toFixed(0)} | ${median(big).toFixed(0)} | ${formatRatio(listRatios(rounds, index))} |`;
    })
    .join('\n');
}

function formatSearches(rounds: ListRound[][]): string {
  return caseNames(rounds)
    .map((name, index) => {
      const measured = rounds.map((round) => round[index] as ListRound);
      const [small, big] = (['small', 'big'] as const).map((store) =>
        median(measured.map((one) => cpu(one[store]) / 1e3)),
      );
      return `| ${name} | ${(small as number).toFixed(2)} | ${(big as number).toFixed(2)} |`;
    })
    .join('\n');
}

function formatBeside(rounds: BesideRound[], which: 'p50' | 'p99'): string {
  return KINDS.map((kind) => {
    const alone = rounds.map((round) => round.alone[kind].latency[which]);
    const beside = rounds.map((round) => round.beside[kind].latency[which]);
    const ratio = formatRatio(besideRatios(rounds, kind, which));
    return `| ${which} of ${kind} | ${median(alone).toFixed(2)} | ${median(beside).toFixed(2)} | ${ratio} |`;
  }).join('\n');
}

function aimsOf({ lists, filters, searches, deletions }: ListRun): Aim[] {
  const most = { bound: 'at most', unit: '×', digits: 2 } as const;
  return [
    ...[lists, filters].flatMap((rounds) =>
      caseNames(rounds).map((name, index) => ({
        subject: `${name}: CPU on the big store, of that on the small one`,
        values: listRatios(rounds, index),
        ...most,
        limit: MAX_LIST_RATIO,
      })),
    ),
    ...caseNames(searches).map((name, index) => ({
      subject: `${name}: CPU on the big store, in ms`,
      values: searches.map((round) => cpu((round[index] as ListRound).big) / 1e3),
      ...({ bound: 'at most', unit: 'ms', digits: 1 } as const),
      limit: MAX_SEARCH_MS,
    })),
    ...KINDS.map((kind) => ({
      subject: `p99 of ${kind} beside a deletion, of that alone`,
      values: besideRatios(deletions, kind, 'p99'),
      ...most,
      limit: MAX_DELETE_RATIO,
    })),
  ];
}

function caseNames(rounds: ListRound[][]): string[] {
  return (rounds[0] as ListRound[]).map(({ name }) => name);
}

function listRatios(rounds: ListRound[][], index: number): number[] {
  return rounds.map((round) => {
    const { small, big } = round[index] as ListRound;
    return cpu(big) / cpu(small);
  });
}

function besideRatios(rounds: BesideRound[], kind: (typeof KINDS)[number], which: 'p50' | 'p99'): number[] {
  return rounds.map(({ alone, beside }) => beside[kind].latency[which] / alone[kind].latency[which]);
}

function formatRatio(ratios: readonly number[]): string {
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
}

function cpu({ serverCpu, responses }: JobResult): number {
  return (serverCpu * 1e6) / responses;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
