import { FSYNC_DELAY_MS } from '../fsync-delay.ts';
import { CONNECTIONS } from '../generator/job.ts';
import type { Aim } from '../missed-aims.ts';
import type { Workload } from '../session.ts';
import { cpuMicros, perSecond } from './cells.ts';
import { divide, idleMegabytes, loadedMegabytes, ofLoad, ofPeer, type Run, slowBesideOf } from './values.ts';

/** What this service is meant to reach, and what it reached in a run. */
export function aimsOf({ rounds }: Run): Aim[] {
  const ratioToBare = (workload: Workload, what: 'requests/s' | 'CPU a request'): Pick<Aim, 'subject' | 'values'> => {
    const value = what === 'requests/s' ? perSecond : cpuMicros;
    const of = (name: 'ours' | 'bare') => ofLoad(rounds, name, workload, CONNECTIONS, ({ result }) => value(result));
    const subject = `\`${workload}\` with ${CONNECTIONS} connections, ${what} of bare \`node:http\``;
    return { subject, values: divide(of('ours'), of('bare')) };
  };
  const createRate = (count: 64 | 512) => ofLoad(rounds, 'ours', 'create', count, ({ result }) => perSecond(result));
  const memory = (count: 64 | 512) => ofPeer(rounds, 'ours', ({ measures }) => loadedMegabytes(measures[count]));
  const getAlone = ofLoad(rounds, 'ours', 'get', 1, ({ result }) => result.latency.p50);
  const getBeside = ofPeer(rounds, 'ours', (round) => slowBesideOf(round)?.reads.latency.p50);
  const slow = `if an fsync takes ${FSYNC_DELAY_MS} ms longer`;

  const least = { bound: 'at least', unit: '×', digits: 2 } as const;
  const most = { bound: 'at most', unit: '×', digits: 2 } as const;
  const mostMegabytes = { bound: 'at most', unit: 'MB', digits: 0 } as const;
  const mostMs = { bound: 'at most', unit: 'ms' } as const;
  return [
    { ...ratioToBare('create', 'requests/s'), ...least, limit: 0.5 },
    { ...ratioToBare('create', 'CPU a request'), ...most, limit: 2.3 },
    { ...ratioToBare('get', 'requests/s'), ...least, limit: 0.55 },
    { ...ratioToBare('get', 'CPU a request'), ...most, limit: 1.8 },
    {
      subject: `\`create\` requests/s with 512 connections, of those with ${CONNECTIONS}`,
      values: divide(createRate(512), createRate(CONNECTIONS)),
      ...least,
      limit: 0.9,
    },
    {
      subject: 'resident memory when idle',
      values: ofPeer(rounds, 'ours', idleMegabytes),
      ...mostMegabytes,
      limit: 110,
    },
    { subject: `resident memory with ${CONNECTIONS} connections`, values: memory(64), ...mostMegabytes, limit: 200 },
    { subject: 'resident memory with 512 connections', values: memory(512), ...mostMegabytes, limit: 280 },
    {
      subject: 'start to the first `201`',
      values: ofPeer(rounds, 'ours', ({ startUp }) => startUp),
      ...mostMs,
      limit: 500,
      digits: 0,
    },
    {
      subject: `p50 of \`get\` beside ${CONNECTIONS} connections that create, more than alone, ${slow}`,
      values: getBeside.map((value, round) => value - (getAlone[round] as number)),
      ...mostMs,
      limit: 0.3,
      digits: 2,
    },
    {
      subject: `p99 of \`create\` with ${CONNECTIONS} connections, ${slow}`,
      values: ofPeer(rounds, 'ours', ({ slowDisk }) => slowDisk?.[CONNECTIONS].create.latency.p99),
      ...mostMs,
      limit: 8 * FSYNC_DELAY_MS,
      digits: 1,
    },
  ];
}
