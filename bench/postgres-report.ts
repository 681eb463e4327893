import type { DriverResult } from './drivers/main.ts';
import type { Strategy } from './drivers/strategies.ts';
import { CONNECTIONS, type JobResult } from './generator/job.ts';
import { type Aim, formatMissedAims } from './missed-aims.ts';
import { median } from './statistics.ts';
import type { Statements } from './targets.ts';

/**
 * At full load, and several times at a rate that is the same for all: where the disk stalls for a moment, which it does for
 * one as for the other, that moment alone would be what the slowest 1 % waited for.
 */
export interface CreateMeasures {
  full: JobResult;
  atRate: JobResult[];
}

export type CreateRound = Record<Statements, CreateMeasures>;

export type DriverRound = Record<Strategy, DriverResult>;

/** Everything that a run measured; the times are in milliseconds. */
export interface PostgresRun {
  date: Date;
  machine: string[];
  /** Of PostgreSQL. */
  version: string;
  /** Requests a second. */
  rate: number;
  timing: { coldWarmup: number; duration: number; warmup: number; timesAtRate: number };
  driverTiming: { warmup: number; duration: number };
  creates: CreateRound[];
  drivers: DriverRound[];
}

/** How many times as many creates as with a statement for each. */
const MIN_GROUPED = 1.8;
/** What the service does, and what the drivers are compared by. */
const OURS: Strategy = 'pg, `unnest` a group';
/** What would make the other driver, or another strategy, worth more than the one there is. */
const MAX_SHARE = 0.8;

/** The whole of RESULTS-postgres.md. */
export function formatPostgresReport(run: PostgresRun): string {
  const { date, machine, version, rate, timing, driverTiming, creates, drivers } = run;
  return `# Results: PostgreSQL

Written by \`npm run bench:postgres\` on ${date.toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join('\n')}
- PostgreSQL ${version} with its own settings (\`fsync\` and \`synchronous_commit\` are on), on the same machine, reached over TCP; its
  data is on that disk
- ${creates.length} rounds; in each, everything in turn, not always in the same order, on a new database, in a new process

Absolute numbers are medians over the rounds. A ratio is taken within each round; shown is the median of those, with the least
and the greatest in parentheses. Everything shares the machine's cores, so a faster disk or a database of its own changes them.

## New users in groups, against a statement for each

\`POST /users\`, ${CONNECTIONS} connections, a new address in every request. At full load ${timing.duration / 1000} s are measured, after ${timing.coldWarmup / 1000} s of warming up. Both are the service with all
it does in production. Only one thing differs: whether requests that arrive while others are in flight share a statement, and so a
transaction and an fsync, or each has \`INSERT … VALUES … ON CONFLICT DO NOTHING\` to itself, on any of ten connections. “At half” is a
fixed rate, the same for both: half of what the second reaches at full load, ${group(rate)}/s. It is measured ${timing.timesAtRate} times
for ${timing.duration / 1000} s in each round, of which the median counts, and after a \`CHECKPOINT\`, since the full load before has left more to
write where more users were made.

| | grouped | a statement each | grouped / each |
|---|---|---|---|
${CREATE_ROWS.map((row) => formatCreateRow(row, creates)).join('\n')}

Of one core, at full load:

| | server | PostgreSQL | generator |
|---|---|---|---|
${formatBusy(
  'grouped',
  creates.map(({ grouped }) => grouped.full),
)}
${formatBusy(
  'a statement each',
  creates.map(({ single }) => single.full),
)}

## How a group is sent, and by which driver

The same insert of the same users through a driver alone, without the service: ${CONNECTIONS} in flight, ten connections; ${driverTiming.duration / 1000} s, after ${driverTiming.warmup / 1000} s of
warming up. Groups are made by the service's own code. “Pipelined” sends a statement without waiting for the response to the one before:
\`pg\` does if it is set to, with \`BEGIN\` and \`COMMIT\` in the same breath; \`postgres\` does by itself, but waits for \`BEGIN\`. CPU is
user and system time an insert, in µs. Ratios are to “${OURS}”, which is what the service does.

| | inserts/s | ratio | CPU of the client | ratio | CPU of PostgreSQL |
|---|---|---|---|---|---|
${formatDrivers(drivers)}

${formatConclusion(drivers)}

## Aims that were missed

${formatMissedAims(aimsOf(creates))}

## The load generator

As in [RESULTS.md](RESULTS.md): a process of its own with ${CONNECTIONS} plain sockets, one request at a time on each, which checks the status of every
response. A rate's latency counts from the instant a request was due. Of the drivers, the program that makes the users is the one that
is measured: it does next to nothing else.
`;
}

/** What a row of the first table shows. */
interface Row {
  title: string;
  value: (measured: CreateMeasures) => number;
  /** How many digits after the point. */
  digits: number;
}

const THROUGHPUT: Row = { title: 'requests/s', value: ({ full }) => perSecond(full), digits: 0 };
const P50: Row = { title: 'p50 at half, ms', value: medianAtRate(({ latency }) => latency.p50), digits: 2 };
const P99: Row = { title: 'p99 at half, ms', value: medianAtRate(({ latency }) => latency.p99), digits: 2 };

const CREATE_ROWS: Row[] = [
  THROUGHPUT,
  { title: 'CPU of the server a request, µs', value: ({ full }) => micros(full.serverCpu, full.responses), digits: 1 },
  {
    title: 'CPU of PostgreSQL a request, µs',
    value: ({ full }) => micros(full.databaseCpu, full.responses),
    digits: 1,
  },
  { title: 'p50 at full load, ms', value: ({ full }) => full.latency.p50, digits: 2 },
  { title: 'p99 at full load, ms', value: ({ full }) => full.latency.p99, digits: 2 },
  P50,
  P99,
  {
    title: 'CPU of the server at half, µs',
    value: medianAtRate(({ serverCpu, responses }) => micros(serverCpu, responses)),
    digits: 1,
  },
  {
    title: 'CPU of PostgreSQL at half, µs',
    value: medianAtRate(({ databaseCpu, responses }) => micros(databaseCpu, responses)),
    digits: 1,
  },
];

/** Of the several times that the rate was on. */
function medianAtRate(value: (result: JobResult) => number): Row['value'] {
  return ({ atRate }) => median(atRate.map(value));
}

function formatCreateRow({ title, value, digits }: Row, rounds: CreateRound[]): string {
  const [grouped, single] = [rounds.map((round) => value(round.grouped)), rounds.map((round) => value(round.single))];
  const cells = [title, group(median(grouped), digits), group(median(single), digits), formatRatio(grouped, single)];
  return `| ${cells.join(' | ')} |`;
}

function aimsOf(rounds: CreateRound[]): Aim[] {
  const values = ({ value }: Row) => ratios(rounds.map(pick('grouped', value)), rounds.map(pick('single', value)));
  const noWorse = { bound: 'at most', limit: 1, unit: '×', digits: 2 } as const;
  return [
    {
      subject: 'requests/s, of a statement each',
      values: values(THROUGHPUT),
      bound: 'at least',
      limit: MIN_GROUPED,
      unit: '×',
      digits: 2,
    },
    { subject: 'p50 at half, of a statement each', values: values(P50), ...noWorse },
    { subject: 'p99 at half, of a statement each', values: values(P99), ...noWorse },
  ];
}

function pick(which: Statements, value: Row['value']): (round: CreateRound) => number {
  return (round) => value(round[which]);
}

function formatBusy(title: string, results: JobResult[]): string {
  const busy = (of: 'serverCpu' | 'databaseCpu' | 'generatorCpu') => {
    return `${Math.round(100 * median(results.map((result) => result[of] / result.seconds)))} %`;
  };
  return `| ${title} | ${busy('serverCpu')} | ${busy('databaseCpu')} | ${busy('generatorCpu')} |`;
}

function formatDrivers(rounds: DriverRound[]): string {
  return (Object.keys(rounds[0] as DriverRound) as Strategy[])
    .toSorted()
    .map((strategy) => {
      const [rates, cpus] = [rounds.map(rateOf(strategy)), rounds.map(clientCpuOf(strategy))];
      const database = rounds.map(({ [strategy]: { databaseCpu, inserts } }) => micros(databaseCpu, inserts));
      const cells = [
        strategy,
        group(median(rates)),
        formatRatio(rates, rounds.map(rateOf(OURS))),
        group(median(cpus), 1),
        formatRatio(cpus, rounds.map(clientCpuOf(OURS))),
        group(median(database), 1),
      ];
      return `| ${cells.join(' | ')} |`;
    })
    .join('\n');
}

/** The rule, and what it says of what was measured. */
function formatConclusion(rounds: DriverRound[]): string {
  const cheaper = (Object.keys(rounds[0] as DriverRound) as Strategy[]).filter((strategy) => {
    const cpu = median(ratios(rounds.map(clientCpuOf(strategy)), rounds.map(clientCpuOf(OURS))));
    const rate = median(ratios(rounds.map(rateOf(strategy)), rounds.map(rateOf(OURS))));
    return cpu <= MAX_SHARE || rate >= 1 / MAX_SHARE;
  });
  const verdict = cheaper.length === 0 ? `None does: \`pg\` and \`unnest\` stay.` : `These do: ${cheaper.join('; ')}.`;
  return `Another driver or strategy is worth a change when it takes at most ${MAX_SHARE} × the CPU of the client, or makes at least
${1 / MAX_SHARE} × as many inserts. ${verdict}

${KEPT}`;
}

/** Looked up, not measured. */
const KEPT = `Of two that are close, the better kept stays. In November 2026 that is \`pg\`: four releases from May to September 2026 (8.21.0 to
8.23.1), one of which brought pipelining. \`postgres\` had two small ones this year, in January and April (3.4.8 and 3.4.9), and
[an issue that asks whether it is still maintained](https://github.com/porsager/postgres/issues/1222) lists fixes that wait for a
response.`;

function rateOf(strategy: Strategy): (round: DriverRound) => number {
  return ({ [strategy]: { inserts, seconds } }) => inserts / seconds;
}

function clientCpuOf(strategy: Strategy): (round: DriverRound) => number {
  return ({ [strategy]: { clientCpu, inserts } }) => micros(clientCpu, inserts);
}

function formatRatio(values: readonly number[], others: readonly number[]): string {
  const all = ratios(values, others);
  return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)})`;
}

/** One a round. */
function ratios(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, round) => value / (others[round] as number));
}

function perSecond({ responses, seconds }: JobResult): number {
  return responses / seconds;
}

function micros(seconds: number, count: number): number {
  return (seconds * 1e6) / count;
}

/** With the thousands set apart. */
function group(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
