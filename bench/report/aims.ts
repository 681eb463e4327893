import { FSYNC_DELAY_MS } from '../fsync-delay.ts';
import { CONNECTIONS } from '../generator/job.ts';
import type { Workload } from '../session.ts';
import { median } from '../statistics.ts';
import { cpuMicros, group, perSecond } from './cells.ts';
import { divide, idleMegabytes, loadedMegabytes, ofLoad, ofPeer, type Run, slowBesideOf } from './values.ts';

/** What this service is meant to reach. */
interface Aim {
  subject: string;
  /** A value a round; none if it was not measured. */
  values: (run: Run) => number[];
  bound: 'at least' | 'at most';
  limit: number;
  unit: string;
  digits: number;
}

const AIMS: readonly Aim[] = [
  ratioToBare('create', 'requests/s', 'at least', 0.5),
  ratioToBare('create', 'CPU', 'at most', 2.3),
  ratioToBare('get', 'requests/s', 'at least', 0.55),
  ratioToBare('get', 'CPU', 'at most', 1.8),
  {
    subject: `\`create\` requests/s with 512 connections, of those with ${CONNECTIONS}`,
    values: ({ rounds }) => divide(createRate(rounds, 512), createRate(rounds, CONNECTIONS)),
    bound: 'at least',
    limit: 0.9,
    unit: '×',
    digits: 2,
  },
  {
    subject: 'resident memory when idle',
    values: ({ rounds }) => ofPeer(rounds, 'ours', idleMegabytes),
    ...megabytes(110),
  },
  {
    subject: `resident memory with ${CONNECTIONS} connections`,
    values: ({ rounds }) => ofPeer(rounds, 'ours', ({ measures }) => loadedMegabytes(measures[CONNECTIONS])),
    ...megabytes(200),
  },
  {
    subject: 'resident memory with 512 connections',
    values: ({ rounds }) => ofPeer(rounds, 'ours', ({ measures }) => loadedMegabytes(measures[512])),
    ...megabytes(280),
  },
  {
    subject: 'start to the first `201`',
    values: ({ rounds }) => ofPeer(rounds, 'ours', ({ startUp }) => startUp),
    bound: 'at most',
    limit: 500,
    unit: 'ms',
    digits: 0,
  },
  {
    subject: `p50 of \`get\` beside ${CONNECTIONS} connections that create, more than alone, if an fsync takes ${FSYNC_DELAY_MS} ms longer`,
    values: ({ rounds }) => {
      const alone = ofLoad(rounds, 'ours', 'get', 1, ({ result }) => result.latency.p50);
      const beside = ofPeer(rounds, 'ours', (round) => slowBesideOf(round)?.reads.latency.p50);
      return beside.map((value, round) => value - (alone[round] as number));
    },
    bound: 'at most',
    limit: 0.3,
    unit: 'ms',
    digits: 2,
  },
  {
    subject: `p99 of \`create\` with ${CONNECTIONS} connections, if an fsync takes ${FSYNC_DELAY_MS} ms longer`,
    values: ({ rounds }) => ofPeer(rounds, 'ours', ({ slowDisk }) => slowDisk?.[CONNECTIONS].create.latency.p99),
    bound: 'at most',
    limit: 8 * FSYNC_DELAY_MS,
    unit: 'ms',
    digits: 1,
  },
];

/** One line for each aim whose median over the rounds misses it. */
export function formatMissedAims(run: Run): string {
  const missed = AIMS.flatMap(({ subject, values, bound, limit, unit, digits }) => {
    const measured = values(run);
    if (measured.length === 0) return [];
    // As it is written: an aim is not missed by what nobody sees.
    const value = Number(median(measured).toFixed(digits));
    if (bound === 'at least' ? value >= limit : value <= limit) return [];
    return `- ${subject}: ${bound} ${group(limit, digits)} ${unit} was the aim, ${group(value, digits)} ${unit} was measured`;
  });
  return missed.length === 0 ? 'None.' : missed.join('\n');
}

function ratioToBare(workload: Workload, what: 'requests/s' | 'CPU', bound: Aim['bound'], limit: number): Aim {
  const value = what === 'CPU' ? cpuMicros : perSecond;
  return {
    subject: `\`${workload}\` with ${CONNECTIONS} connections, ${what === 'CPU' ? 'CPU a request' : what} of bare \`node:http\``,
    values: ({ rounds }) => {
      const of = (name: 'ours' | 'bare') => ofLoad(rounds, name, workload, CONNECTIONS, ({ result }) => value(result));
      return divide(of('ours'), of('bare'));
    },
    bound,
    limit,
    unit: '×',
    digits: 2,
  };
}

function createRate(rounds: Run['rounds'], count: 64 | 512): number[] {
  return ofLoad(rounds, 'ours', 'create', count, ({ result }) => perSecond(result));
}

function megabytes(limit: number): Pick<Aim, 'bound' | 'limit' | 'unit' | 'digits'> {
  return { bound: 'at most', limit, unit: 'MB', digits: 0 };
}
