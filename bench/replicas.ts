import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { migrate } from '../src/storage/postgres/migrate.ts';
import { startOwnPostgres } from '../test/support/own-postgres.ts';
import { writeFigures } from './figures.ts';
import type { JobResult } from './generator/job.ts';
import { familyCpuSeconds } from './generator/process-stat.ts';
import { Generator } from './generator-process.ts';
import { describeMachine } from './machine.ts';
import { median } from './statistics.ts';
import { toTable } from './table.ts';
import { startWithReplicas, type Target } from './targets.ts';
import { withWorkFolder } from './work-folder.ts';

/**
 * Measures lists of tasks with 0, 1 and 2 replicas of PostgreSQL. All servers share the cores of this machine, so the throughput
 * says little: what counts is how much CPU time a list takes on the primary, because that limits how many lists it serves. Writes
 * RESULTS-replicas.md. `--quick` only checks that the bench works: one short round, which is not kept.
 */
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

const ROUNDS = quick ? 1 : 5;
const TIMING = quick ? { warmup: 500, duration: 1_000 } : { warmup: 2_000, duration: 4_000 };
/** A replica is used a second after the service has polled it. */
const USED_AFTER_MS = 2_000;
const CONNECTIONS = 32;
const USERS = 100;
const TASKS_PER_USER = 100;

interface Round extends JobResult {
  replicasCpu: number;
}

const primary = await startOwnPostgres(['-c', 'wal_keep_size=1GB']);
const replicas = [await primary.replicate(), await primary.replicate()];
const generator = new Generator();
try {
  await migrate(primary.url);
  const machine = await withWorkFolder(async (folder) => describeMachine(folder));
  const rounds: Round[][] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const count of round % 2 === 0 ? [0, 1, 2] : [2, 1, 0]) rounds[count]?.push(await measure(count));
  }
  const report = formatReport(machine, rounds);
  process.stdout.write(report);
  if (!quick) {
    writeFileSync(join(import.meta.dirname, 'RESULTS-replicas.md'), report);
    writeFigures();
  }
} finally {
  generator.stop();
  for (const server of [...replicas, primary]) await server.remove();
}

function measure(count: number): Promise<Round> {
  return withWorkFolder(async (folder) => {
    const urls = replicas.slice(0, count).map(({ url }) => url);
    const target = await startWithReplicas(primary.url, urls, folder);
    try {
      const paths = (await findUsers(target)).map((userId) => `/tasks?userId=${userId}`);
      await sleep(USED_AFTER_MS);
      const before = replicasCpuSeconds();
      const { server, token } = target;
      const what = { kind: 'get' as const, paths };
      const job = { port: server.port, pid: server.pid, databasePid: primary.pid(), token, what };
      const result = await generator.run({ ...job, connections: CONNECTIONS, rate: null, ...TIMING });
      // Also of the time before the measurement, in which the load is the same.
      const share = TIMING.duration / (TIMING.warmup + TIMING.duration);
      return { ...result, replicasCpu: (replicasCpuSeconds() - before) * share };
    } finally {
      await target.server.kill();
    }
  });
}

/** The ids of the users. Creates them with their tasks the first time. */
async function findUsers({ server, token }: Target): Promise<number[]> {
  const url = `http://127.0.0.1:${server.port}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send = async (path: string, body?: object) => {
    const response = await fetch(
      url + path,
      (body && { method: 'POST', headers, body: JSON.stringify(body) }) || { headers },
    );
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as { users: { userId: number }[] };
  };
  const { users } = await send(`/users?_perPage=${USERS}`);
  if (users.length === USERS) return users.map(({ userId }) => userId);
  const input = Array.from({ length: USERS }, (_, i) => ({
    ...{ firstName: 'John', lastName: 'Doe', contactEmail: `user${i}@example.com` },
  }));
  const created = (await send('/users/batch', { users: input })).users.map(({ userId }) => userId);
  const tasks = created.flatMap((userId) =>
    Array.from({ length: TASKS_PER_USER }, (_, i) => ({
      ...{ userId, taskTitle: `Task ${i}`, dueDate: '2030-01-01T00:00:00Z', warningOffset: 60 },
    })),
  );
  for (let i = 0; i < tasks.length; i += 1_000) await send('/tasks/batch', { tasks: tasks.slice(i, i + 1_000) });
  return created;
}

function replicasCpuSeconds(): number {
  return replicas.reduce((sum, { pid }) => sum + familyCpuSeconds(pid()), 0);
}

/** In microseconds. */
function perList({ responses }: JobResult, seconds: number): number {
  return (seconds / responses) * 1e6;
}

/** The whole of RESULTS-replicas.md. */
function formatReport(machine: readonly string[], rounds: readonly Round[][]): string {
  const rows = rounds.map((results, count) => [
    String(count),
    rounded(results.map(({ responses, seconds }) => responses / seconds)),
    rounded(results.map((round) => perList(round, round.databaseCpu))),
    rounded(results.map((round) => perList(round, round.replicasCpu))),
    rounded(results.map((round) => perList(round, round.serverCpu))),
  ]);
  return `# Results: lists from replicas

Written by \`npm run bench:replicas\` on ${new Date().toISOString().slice(0, 10)}.

${machine.map((line) => `- ${line}`).join('\n')}
- one process of the service, a primary and two replicas of PostgreSQL, and the load generator: they share these cores
- ${CONNECTIONS} connections at full load; a list has 20 tasks of a user who has ${TASKS_PER_USER}
- ${ROUNDS} rounds of ${TIMING.duration / 1000} s for each number of replicas; shown is the median

## Lists from replicas

CPU is of a list, in µs: of the primary, of all replicas together, of the service.

${toTable(['replicas', 'lists/s', 'CPU of the primary', 'CPU of the replicas', 'CPU of the service'], rows).trim()}
`;
}

function rounded(values: readonly number[]): string {
  return Math.round(median(values)).toLocaleString('en');
}
