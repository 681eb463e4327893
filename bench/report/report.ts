import { CONNECTIONS, type JobResult } from '../generator/job.ts';
import { COMMON_RATE, CONNECTION_COUNTS } from '../measure.ts';
import { formatMissedAims } from '../missed-aims.ts';
import { PEERS, type PeerName } from '../peers.ts';
import type { Round } from '../round.ts';
import { USERS } from '../seed-users.ts';
import { WORKLOADS } from '../session.ts';
import { median } from '../statistics.ts';
import type { WrkResult } from '../wrk.ts';
import { aimsOf } from './aims.ts';
import { cell, connectionsText, cpuMicros, group, head, percent, perSecond, row } from './cells.ts';
import { formatMethod } from './method.ts';
import { formatSlowDisk } from './slow-disk.ts';
import { atRate, divide, idleMegabytes, loadedMegabytes, type Measured, ofLoad, ofPeer, type Run } from './values.ts';

/** The whole of RESULTS.md. */
export function formatReport(run: Run): string {
  const { date, machine, rounds, peers, timing } = run;
  const titles = head(peers.map((name) => PEERS[name].title));
  const others = peers.filter((name) => name !== 'ours');
  return `# Results

Written by \`npm run bench\` on ${date.toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join('\n')}
- ${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}; in each, every server in turn, started again for each number of connections, with ${group(USERS)} users
- ${timing.duration / 1000} s a measurement, after ${timing.coldWarmup / 1000} s of the mix and ${timing.warmup / 1000} s of the same load

Shown is the median over the rounds, with the least and the greatest in parentheses. Absolute numbers change with the machine and
what else it does, ratios much less.

![Requests per second of each server with ${CONNECTIONS} connections, as in the table below](results.svg)

## Requests/s

\`get\` reads one user by its id, \`list\` is the list filtered by an email address, \`create\` makes a user with a new address. \`mix\` is 70 %
\`get\`, 20 % \`list\` and 10 % \`create\`. Each connection sends its next request when it has its response.

${titles}
${formatWorkloads(run, ({ result }) => perSecond(result), 0)}

## CPU a request, µs

${titles}
${formatWorkloads(run, ({ result }) => cpuMicros(result), 1)}

## p99, ms

${titles}
${formatWorkloads(run, ({ result }) => result.latency.p99, 2)}

## This service against the others

With ${CONNECTIONS} connections; this service's number divided by the other's, in each round.

${head(others.map((name) => PEERS[name].title))}
${formatRatios(run, others)}

## The same rate for all

\`create\` at ${group(COMMON_RATE)} requests/s over ${CONNECTIONS} connections. A latency counts from the instant a request was due.

${titles}
${formatRate(run)}
${formatShortfalls(run)}
## With an \`Idempotency-Key\`

\`create\` with ${CONNECTIONS} connections, with a new key in every request, on this service.

${head(['without a key', 'with a key', 'with / without'])}
${formatKeys(rounds)}

${formatSlowDisk(run)}

## Memory

Resident, in MB: before the first request, and the greatest of the four workloads.

${titles}
${formatMemory(run)}

## Start

From the start of the process, with no database yet, to the response to the first \`create\`, in ms.

${titles}
${row([
  'start',
  ...peers.map((name) =>
    cell(
      ofPeer(rounds, name, ({ startUp }) => startUp),
      0,
    ),
  ),
])}

## Two load generators

${formatGenerators(run)}

## Aims that were missed

${formatMissedAims(aimsOf(run))}

${formatMethod(run)}
Server and generator share the machine. Of one core, with ${CONNECTIONS} connections, they used:

${head(['server', 'generator'])}
${formatBusy(run)}
`;
}

function formatWorkloads({ rounds, peers }: Run, value: (measured: Measured) => number, digits: number): string {
  return WORKLOADS.flatMap((workload) =>
    CONNECTION_COUNTS.map((count) => {
      const cells = peers.map((name) => cell(ofLoad(rounds, name, workload, count, value), digits));
      return row([`${workload}, ${connectionsText(count)}`, ...cells]);
    }),
  ).join('\n');
}

function formatRatios({ rounds }: Run, others: PeerName[]): string {
  const values = {
    'requests/s': ({ result }: Measured) => perSecond(result),
    'CPU a request': ({ result }: Measured) => cpuMicros(result),
  };
  return Object.entries(values)
    .flatMap(([title, value]) =>
      WORKLOADS.map((workload) => {
        const ours = ofLoad(rounds, 'ours', workload, CONNECTIONS, value);
        const cells = others.map((name) => cell(divide(ours, ofLoad(rounds, name, workload, CONNECTIONS, value)), 2));
        return row([`${workload}, ${title}`, ...cells]);
      }),
    )
    .join('\n');
}

function formatRate({ rounds, peers }: Run): string {
  const rows: [title: string, value: (result: JobResult) => number, digits: number][] = [
    ['CPU a request, µs', cpuMicros, 0],
    ['p50, ms', ({ latency }) => latency.p50, 2],
    ['p99, ms', ({ latency }) => latency.p99, 2],
  ];
  return rows
    .map(([title, value, digits]) =>
      row([title, ...peers.map((name) => cell(atRate(rounds, name).map(value), digits))]),
    )
    .join('\n');
}

/** The share of a rate that must have responses for its latencies to mean something. */
const KEPT_UP = 0.97;

/** Names each server that did not keep up: its latency is then that of a queue that grows. */
function formatShortfalls({ rounds, peers }: Run): string {
  return peers
    .map((name) => ({ title: PEERS[name].title, rate: median(atRate(rounds, name).map(perSecond)) }))
    .filter(({ rate }) => rate < KEPT_UP * COMMON_RATE)
    .map(({ title, rate }) => `\n${title} did not keep up: ${group(rate)} requests/s.\n`)
    .join('');
}

function formatKeys(rounds: readonly Round[]): string {
  const rows: [title: string, value: (result: JobResult) => number, digits: number][] = [
    ['requests/s', perSecond, 0],
    ['CPU a request, µs', cpuMicros, 1],
  ];
  return rows
    .map(([title, value, digits]) => {
      const without = ofLoad(rounds, 'ours', 'create', CONNECTIONS, ({ result }) => value(result));
      const withKey = ofPeer(rounds, 'ours', ({ measures }) => {
        const result = measures[CONNECTIONS].extras?.withKey;
        return result && value(result);
      });
      return row([title, cell(without, digits), cell(withKey, digits), cell(divide(withKey, without), 2)]);
    })
    .join('\n');
}

function formatMemory({ rounds, peers }: Run): string {
  const idle = row(['idle', ...peers.map((name) => cell(ofPeer(rounds, name, idleMegabytes), 0))]);
  const loaded = CONNECTION_COUNTS.filter((count) => count > 1).map((count) => {
    const cells = peers.map((name) =>
      cell(
        ofPeer(rounds, name, ({ measures }) => loadedMegabytes(measures[count])),
        0,
      ),
    );
    return row([connectionsText(count), ...cells]);
  });
  return [idle, ...loaded].join('\n');
}

function formatGenerators({ rounds, peers, wrk }: Run): string {
  if (wrk === undefined) return 'Not compared: `wrk` was not installed.';
  const rows = (['get', 'create'] as const).flatMap((kind) =>
    peers.map((name) => {
      const own = ofLoad(rounds, name, kind, CONNECTIONS, ({ result }) => perSecond(result));
      const ownCpu = ofLoad(rounds, name, kind, CONNECTIONS, ({ result }) => cpuMicros(result));
      const ofWrk = (value: (result: WrkResult) => number) =>
        ofPeer(rounds, name, ({ measures }) => {
          const result = measures[CONNECTIONS].extras?.wrk?.[kind];
          return result && value(result);
        });
      const rate = ofWrk(perSecond);
      return row([
        `${kind}, ${PEERS[name].title}`,
        cell(own, 0),
        cell(rate, 0),
        cell(divide(rate, own), 2),
        cell(ownCpu, 1),
        cell(ofWrk(cpuMicros), 1),
      ]);
    }),
  );
  return `The benchmark's own generator, and [wrk](https://github.com/wg/wrk) ${wrk} (one thread), which is written in C and a program of its own: the
same loads with ${CONNECTIONS} connections on the same servers, one after the other.

${head(['own, requests/s', 'wrk, requests/s', 'wrk / own', 'own, CPU µs', 'wrk, CPU µs'])}
${rows.join('\n')}`;
}

function formatBusy({ rounds, peers }: Run): string {
  return WORKLOADS.flatMap((workload) =>
    peers.map((name) => {
      const shares = (cpu: 'serverCpu' | 'generatorCpu') =>
        median(ofLoad(rounds, name, workload, CONNECTIONS, ({ result }) => result[cpu] / result.seconds));
      return row([`${workload}, ${PEERS[name].title}`, percent(shares('serverCpu')), percent(shares('generatorCpu'))]);
    }),
  ).join('\n');
}
