import { CONNECTIONS, type JobResult } from './generator/job.ts';
import { COMMON_RATE, HIGH_RATE, type Measures, type Timing } from './measure.ts';
import { median } from './statistics.ts';
import type { SubjectName } from './subjects.ts';

/** The share of a fixed rate that must be answered for its latencies to mean something. */
const KEPT_UP = 0.97;

/** Everything that a run measured. */
export interface Run {
  date: Date;
  /** What the numbers depend on, a line each. */
  machine: string[];
  timing: Timing;
  /** The generator against a server that is as cheap as can be. */
  generatorLimit: JobResult;
  /** From the start of the process to the first 201, in milliseconds. */
  startUps: number[];
  rounds: Record<SubjectName, Measures>[];
}

/** What of a subject's measures a row of the tables shows; undefined where it was not measured. */
interface Row {
  title: string;
  value: (measures: Measures) => number | undefined;
  /** How many digits after the point. */
  digits: number;
}

/** Two subjects whose ratio is shown. */
type Pair = readonly [SubjectName, SubjectName];

const OURS_TO_OTHERS: Pair[] = [
  ['ours', 'bare'],
  ['ours', 'express'],
];

const CREATE_THROUGHPUT: Row = { title: 'requests/s', value: ({ create }) => perSecond(create), digits: 0 };
const CREATE_CPU: Row = { title: 'CPU a request, µs', value: ({ create }) => cpuMicros(create), digits: 1 };

const CREATE_CPU_AT_RATE: Row = {
  title: `CPU a request at ${group(HIGH_RATE)}/s, µs`,
  value: ({ atHighRate }) => atHighRate && cpuMicros(atHighRate),
  digits: 1,
};

const CREATE_ROWS: Row[] = [
  CREATE_THROUGHPUT,
  CREATE_CPU,
  {
    title: `CPU a request at ${group(COMMON_RATE)}/s, µs`,
    value: ({ atCommonRate }) => cpuMicros(atCommonRate),
    digits: 1,
  },
  CREATE_CPU_AT_RATE,
  { title: `p50 at ${group(COMMON_RATE)}/s, ms`, value: ({ atCommonRate }) => atCommonRate.latency.p50, digits: 2 },
  { title: `p99 at ${group(COMMON_RATE)}/s, ms`, value: ({ atCommonRate }) => atCommonRate.latency.p99, digits: 2 },
  { title: `p50 at ${group(HIGH_RATE)}/s, ms`, value: ({ atHighRate }) => atHighRate?.latency.p50, digits: 2 },
  { title: `p99 at ${group(HIGH_RATE)}/s, ms`, value: ({ atHighRate }) => atHighRate?.latency.p99, digits: 2 },
];

const KEYED_ROWS: Row[] = [CREATE_THROUGHPUT, CREATE_CPU, CREATE_CPU_AT_RATE];

const READ_ROWS: Row[] = [
  { title: 'requests/s', value: ({ read }) => read && perSecond(read), digits: 0 },
  { title: 'CPU a request, µs', value: ({ read }) => read && cpuMicros(read), digits: 1 },
];

/** The whole of RESULTS.md. */
export function formatReport(run: Run): string {
  const { date, machine, rounds, startUps, timing } = run;
  const subjects = 'this service | bare `node:http` | Express + better-sqlite3';
  return `# Results

Written by \`npm run bench\` on ${date.toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join('\n')}
- ${rounds.length} rounds; in each, every subject in turn, started anew with an empty database
- ${timing.duration / 1000} s a measurement, after ${timing.coldWarmup / 1000} s of warming up before the first of a route and ${timing.warmup / 1000} s before the others. This
  service takes longer to warm up than the others do: measured from cold, its ratios would be worse

Absolute numbers are medians over the rounds. A ratio is taken within each round; shown is the median of those, with the least
and the greatest in parentheses. Absolute numbers change with the machine and what else it does, ratios much less.

## Targets

| target | measured | |
|---|---|---|
${formatTargets(run)}

## \`POST /users\`

${CONNECTIONS} connections, a new address in every request. “At N/s” is a fixed rate, the same for each; the other rows are at full load.

| | ${subjects} | ours / bare | ours / Express |
|---|---|---|---|---|---|
${CREATE_ROWS.map((row) => formatRow(row, rounds, ['ours', 'bare', 'express'], OURS_TO_OTHERS)).join('\n')}
${formatShortfalls(rounds)}
## \`POST /users\` with an \`Idempotency-Key\`

The same load with a new key in every request, as clients send one, on a server started anew with an empty database.

| | without a key | with a key | with / without |
|---|---|---|---|
${KEYED_ROWS.map((row) => formatRow(row, rounds, ['ours', 'keyed'], [['keyed', 'ours']])).join('\n')}

## \`GET /users/{userId}\`

${CONNECTIONS} connections at full load, all over the users that the first table's load created.

| | this service | bare \`node:http\` | ours / bare |
|---|---|---|---|
${READ_ROWS.map((row) => formatRow(row, rounds, ['ours', 'bare'], [['ours', 'bare']])).join('\n')}

## Start

From the start of the process, with no database yet, to the first \`201\`: ${median(startUps).toFixed(0)} ms (median of ${startUps.length}, ${range(startUps, 0)}).

## What is measured

- **This service**: \`task-api serve\` as in production, on SQLite. Every request is authenticated with an issued token and
  counted against rate limits, and the request log goes to a file.
- **Bare \`node:http\`**: reads the body, stores nothing, and answers with fixed JSON of the same size.
- **Express + better-sqlite3**: written by hand the usual way, one commit a request. A \`201\` means on disk as it does here
  (WAL, \`synchronous = FULL\`). No authentication, no limits, no log.

CPU is user and system time of the whole server process, all threads, from \`/proc/PID/stat\`, divided by the requests
answered meanwhile. At full load a server finds several requests each time it looks, and the faster it is the more, which makes
each one cheaper; at one rate for all that is not so, and what is compared is the cost of the same traffic. A rate's latency counts from the instant a request was due, so what had to wait for a server that
stalled is counted as waiting.

## The load generator, and who was the limit

The generator is a process of its own: ${CONNECTIONS} plain sockets that are kept open, one request at a time on each. It checks the
status of every answer, and one that is not expected fails the run. autocannon would not do: with a new address in every
request it spends more CPU on one than the bare server does, so it would have measured itself. Against a server that only ever
sends the same bytes, this one reaches ${group(perSecond(run.generatorLimit))} requests/s at ${percent(generatorBusy(run.generatorLimit))} of a core, that server using ${percent(serverBusy(run.generatorLimit))}.

Server and generator share the machine. Of one core, at full load, they used:

| | server | generator |
|---|---|---|
${formatBusy(rounds)}
`;
}

function formatTargets({ rounds, startUps }: Run): string {
  const cpu = median(ratios(CREATE_CPU, rounds, ['ours', 'bare']));
  const cpuAtRate = median(ratios(CREATE_CPU_AT_RATE, rounds, ['ours', 'bare']));
  const bare = median(ratios(CREATE_THROUGHPUT, rounds, ['ours', 'bare']));
  const express = median(ratios(CREATE_THROUGHPUT, rounds, ['ours', 'express']));
  const keyed = median(ratios(CREATE_CPU, rounds, ['keyed', 'ours']));
  const start = median(startUps);
  return [
    target(
      '`POST /users`, CPU a request at full load: at most 3.0 × bare `node:http`',
      `${cpu.toFixed(2)} ×`,
      cpu <= 3,
    ),
    target(`the same at ${group(HIGH_RATE)} requests/s`, `${cpuAtRate.toFixed(2)} ×`, cpuAtRate <= 3),
    target('`POST /users`, throughput: at least 0.35 × bare `node:http`', `${bare.toFixed(2)} ×`, bare >= 0.35),
    target('`POST /users`, throughput: at least 7 × Express', `${express.toFixed(1)} ×`, express >= 7),
    target(
      '`POST /users` with a new `Idempotency-Key`, CPU a request at full load: at most 2.0 × without',
      `${keyed.toFixed(2)} ×`,
      keyed <= 2,
    ),
    target('start of the process to the first `201`: at most 1 s', `${(start / 1000).toFixed(2)} s`, start <= 1000),
  ].join('\n');
}

function target(text: string, measured: string, held: boolean): string {
  return `| ${text} | ${measured} | ${held ? 'held' : '**missed**'} |`;
}

function formatRow(row: Row, rounds: Run['rounds'], subjects: SubjectName[], pairs: Pair[]): string {
  const absolute = subjects.map((subject) => {
    const values = valuesOf(row, rounds, subject);
    return values.length === 0 ? '' : group(median(values), row.digits);
  });
  const relative = pairs.map((pair) => {
    const values = ratios(row, rounds, pair);
    return values.length === 0 ? '' : `${median(values).toFixed(2)} (${range(values, 2)})`;
  });
  return `| ${[row.title, ...absolute, ...relative].join(' | ')} |`;
}

/** Says so where a server did not keep up with a rate: its latency is then that of a queue that grows. */
function formatShortfalls(rounds: Run['rounds']): string {
  const jobs: [string, number, JobResult[]][] = [
    ['This service', COMMON_RATE, rounds.map(({ ours }) => ours.atCommonRate)],
    ['Bare `node:http`', COMMON_RATE, rounds.map(({ bare }) => bare.atCommonRate)],
    ['Express + better-sqlite3', COMMON_RATE, rounds.map(({ express }) => express.atCommonRate)],
    ['This service', HIGH_RATE, rounds.flatMap(({ ours }) => ours.atHighRate ?? [])],
    ['This service with a key in every request', HIGH_RATE, rounds.flatMap(({ keyed }) => keyed.atHighRate ?? [])],
    ['Bare `node:http`', HIGH_RATE, rounds.flatMap(({ bare }) => bare.atHighRate ?? [])],
  ];
  return jobs
    .map(([title, rate, results]) => ({ title, rate, answered: median(results.map(perSecond)) }))
    .filter(({ rate, answered }) => answered < KEPT_UP * rate)
    .map(({ title, rate, answered }) => `\n${title} did not keep up with ${group(rate)}/s: ${group(answered)}/s.\n`)
    .join('');
}

function formatBusy(rounds: Run['rounds']): string {
  const jobs: [string, (JobResult | undefined)[]][] = [
    ['`POST`, this service', rounds.map(({ ours }) => ours.create)],
    ['`POST` with a key, this service', rounds.map(({ keyed }) => keyed.create)],
    ['`POST`, bare `node:http`', rounds.map(({ bare }) => bare.create)],
    ['`POST`, Express + better-sqlite3', rounds.map(({ express }) => express.create)],
    ['`GET`, this service', rounds.map(({ ours }) => ours.read)],
    ['`GET`, bare `node:http`', rounds.map(({ bare }) => bare.read)],
  ];
  return jobs
    .map(([title, results]) => {
      const measured = results.filter((result) => result !== undefined);
      return `| ${title} | ${percent(median(measured.map(serverBusy)))} | ${percent(median(measured.map(generatorBusy)))} |`;
    })
    .join('\n');
}

function valuesOf({ value }: Row, rounds: Run['rounds'], subject: SubjectName): number[] {
  return rounds.map((round) => value(round[subject])).filter((measured) => measured !== undefined);
}

/** The first's divided by the second's, a ratio a round; none where the second was not measured. */
function ratios(row: Row, rounds: Run['rounds'], [first, second]: Pair): number[] {
  const dividends = valuesOf(row, rounds, first);
  return valuesOf(row, rounds, second).map((divisor, round) => (dividends[round] as number) / divisor);
}

function perSecond({ answers, seconds }: JobResult): number {
  return answers / seconds;
}

function cpuMicros({ serverCpu, answers }: JobResult): number {
  return (serverCpu * 1e6) / answers;
}

function serverBusy({ serverCpu, seconds }: JobResult): number {
  return serverCpu / seconds;
}

function generatorBusy({ generatorCpu, seconds }: JobResult): number {
  return generatorCpu / seconds;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

/** With the thousands set apart. */
function group(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
