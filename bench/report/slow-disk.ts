import { FSYNC_DELAY_MS } from '../fsync-delay.ts';
import { CONNECTIONS, type JobResult } from '../generator/job.ts';
import { CONNECTION_COUNTS, DURABLE_PEERS } from '../measure.ts';
import { PEERS, type PeerName } from '../peers.ts';
import type { PeerRound } from '../round.ts';
import type { Beside } from '../session.ts';
import { cell, connectionsText, head, perSecond, row } from './cells.ts';
import { ofLoad, ofPeer, type Run, slowBesideOf } from './values.ts';

const TITLE = `## If an fsync takes ${FSYNC_DELAY_MS} ms longer`;

/** The section about a slow disk. */
export function formatSlowDisk(run: Run): string {
  if (!run.slowDisk) return `${TITLE}\n\nNot measured: it needs Linux and a C compiler (\`cc\`).`;
  const create = (title: string, value: (result: JobResult) => number, digits: number) =>
    CONNECTION_COUNTS.flatMap((count) => [
      line(`${title}, ${connectionsText(count)}`, digits, (name) =>
        ofLoad(run.rounds, name, 'create', count, ({ result }) => value(result)),
      ),
      line(`${title}, ${connectionsText(count)}, ${FSYNC_DELAY_MS} ms longer`, digits, (name) =>
        ofPeer(run.rounds, name, ({ slowDisk }) => slowDisk && value(slowDisk[count].create)),
      ),
    ]);
  const reads = (title: string, of: (round: PeerRound) => Beside | undefined) =>
    (['p50', 'p99'] as const).map((which) =>
      line(`${title}, ${which}, ms`, 2, (name) => ofPeer(run.rounds, name, (round) => of(round)?.reads.latency[which])),
    );
  const alone = (['p50', 'p99'] as const).map((which) =>
    line(`get alone, ${which}, ms`, 2, (name) =>
      ofLoad(run.rounds, name, 'get', 1, ({ result }) => result.latency[which]),
    ),
  );
  return `${TITLE}

Every fsync of the server is made ${FSYNC_DELAY_MS} ms longer by a preloaded library. The other servers do not wait for the disk before they respond.
“get beside” is one connection that reads users while ${CONNECTIONS} create users.

${head(DURABLE_PEERS.map((name) => PEERS[name].title))}
${[
  ...create('create, requests/s', perSecond, 0),
  ...create('create, p99 in ms', ({ latency }) => latency.p99, 2),
  ...alone,
  ...reads('get beside', besideOf),
  ...reads(`get beside, ${FSYNC_DELAY_MS} ms longer`, slowBesideOf),
].join('\n')}`;
}

/** Reads beside creates, with fsyncs as they are. */
function besideOf({ measures }: PeerRound): Beside | undefined {
  return measures[CONNECTIONS].extras?.beside;
}

function line(title: string, digits: number, values: (name: PeerName) => number[]): string {
  return row([title, ...DURABLE_PEERS.map((name) => cell(values(name), digits))]);
}
