import { setTimeout as wait } from 'node:timers/promises';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import { JOHN } from '../support/examples.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Cluster } from './failover-cluster.ts';
import { seededRandom } from './random.ts';
import { TaskLoad } from './task-load.ts';

const PROCESSES = 2;
const WRITES_PER_SECOND = 200;
/** How long the load runs before a failure, and after the service has recovered from it. */
const QUIET_MS = 3_000;
/** The longest time between the failure and the promotion, if a test decides it. */
const MAX_PAUSE_MS = 2_000;
/** How soon each process must write again after a promotion, or the run fails. */
const BACK_WITHIN_MS = 60_000;

export interface FailoverResult {
  rounds: number;
  acknowledged: number;
  /** For each round and process: from the moment the promoted server accepts writes to the first acknowledged write. */
  gapsMs: number[];
  /** For each round and process: the longest time without an acknowledged write. */
  outagesMs: number[];
  counts: TaskLoad['counts'];
  /** A sentence each. The first round with any is the last. */
  violations: string[];
}

export interface FailoverOptions {
  cluster: Cluster;
  rounds: number;
  seed: number;
  onRound?: (result: FailoverResult, failure: string) => void;
}

/**
 * Creates 200 tasks a second through two processes, lets the primary fail and its standby take over, and compares what the new
 * primary has with everything that was acknowledged; then the same again, in the other direction. The processes are the
 * same from beginning to end.
 */
export async function runFailoverRounds({ cluster, rounds, seed, onRound }: FailoverOptions): Promise<FailoverResult> {
  const random = seededRandom(seed);
  // The plan of the development token has no limits here.
  const args = ['--host', '127.0.0.1', '--plans', 'development=999999999999/999999999999'];
  const servers: ServerProcess[] = [];
  let load: TaskLoad | undefined;
  try {
    for (let i = 0; i < PROCESSES; i++) servers.push(await startServer({ databaseUrl: cluster.url, args }));
    const urls = servers.map(({ url }) => url);
    load = new TaskLoad(urls, await createOwner(urls[0] as string), WRITES_PER_SECOND, random);
    const result: FailoverResult = {
      ...{ rounds: 0, acknowledged: 0, gapsMs: [], outagesMs: [], counts: load.counts, violations: load.violations },
    };
    while (result.rounds < rounds && result.violations.length === 0) {
      const failure = cluster.failures[result.rounds % cluster.failures.length] ?? 'crash';
      await wait(QUIET_MS);
      load.takeAcknowledgements();
      const failedAt = performance.now();
      const promotedAt = await cluster.failOver(failure, random() * MAX_PAUSE_MS);
      await recordGaps(load, servers, { failedAt, promotedAt }, result);
      await cluster.repair();
      await wait(QUIET_MS);
      result.violations.push(...(await findViolations(cluster, load)));
      result.rounds++;
      result.acknowledged = load.acknowledged.size;
      onRound?.(result, failure);
    }
    await load.stop();
    result.violations.push(...(await findViolations(cluster, load, true)));
    for (const [i, { process }] of servers.entries()) {
      if (process.exitCode !== null) result.violations.push(`process ${i} exited with ${process.exitCode}`);
    }
    return result;
  } finally {
    await load?.stop().catch(() => undefined);
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  }
}

async function createOwner(url: string): Promise<number> {
  const headers = { authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/users`, { method: 'POST', headers, body: JSON.stringify(JOHN) });
  return ((await response.json()) as { userId: number }).userId;
}

async function recordGaps(
  load: TaskLoad,
  servers: ServerProcess[],
  { failedAt, promotedAt }: { failedAt: number; promotedAt: number },
  { gapsMs, outagesMs }: FailoverResult,
): Promise<void> {
  const times = servers.map(() => [failedAt]);
  // A response to a request from before may be of the old primary.
  const back: (number | undefined)[] = servers.map(() => undefined);
  await waitFor(
    () => {
      for (const { server, sentAt, at } of load.takeAcknowledgements()) {
        times[server]?.push(at);
        if (sentAt > promotedAt) back[server] ??= at;
      }
      return back.every((at) => at !== undefined);
    },
    { timeoutMs: BACK_WITHIN_MS, message: 'a process does not write to the promoted server' },
  );
  for (const [server, at] of back.entries()) {
    gapsMs.push((at as number) - promotedAt);
    outagesMs.push(longestGap(times[server] ?? []));
  }
}

function longestGap(times: number[]): number {
  return Math.max(0, ...times.slice(1).map((at, i) => at - (times[i] as number)));
}

/** Compares the database with what was acknowledged. `isOver`: no request is in flight. */
async function findViolations(cluster: Cluster, load: TaskLoad, isOver = false): Promise<string[]> {
  // Before the tasks are read, so that each must be among them.
  const acknowledged = new Map(load.acknowledged);
  const violations: string[] = [];
  const stored = new Map<string, string[]>();
  for (const [id, title] of await cluster.query('SELECT task_id, task_title FROM tasks')) {
    stored.set(String(title), [...(stored.get(String(title)) ?? []), String(id)]);
  }
  for (const [title, id] of acknowledged) {
    if (!stored.get(title)?.includes(String(id))) violations.push(`lost: ${title}, acknowledged as ${id}`);
  }
  for (const [title, ids] of stored) {
    if (ids.length > 1) violations.push(`doubled: ${title} is there as ${ids.join(', ')}`);
    if (!load.sent.has(title)) violations.push(`${title} was never sent`);
  }
  const [[entries] = []] = await cluster.query(
    `SELECT count(*) FROM (SELECT task_id FROM tasks LEFT JOIN changes USING (task_id)
       GROUP BY task_id HAVING count(*) FILTER (WHERE type = 'task.created') <> 1) AS wrong`,
  );
  if (Number(entries) > 0) violations.push(`${entries} tasks do not have one entry task.created in the change log`);
  if (isOver) {
    for (const title of load.withKey) if (!acknowledged.has(title)) violations.push(`${title} was never acknowledged`);
  }
  return violations;
}
