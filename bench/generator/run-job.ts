import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import { Connection } from './connection.ts';
import { cpuSeconds, familyCpuSeconds } from './cpu.ts';
import { CONNECTIONS, type Job, type JobResult } from './job.ts';
import { requestsOf } from './requests.ts';

/** How long the last answers may take, in milliseconds. */
const DRAIN_TIMEOUT = 10_000;

/**
 * Sends requests over {@link CONNECTIONS} connections and measures. Without a rate every answer makes the next request
 * due at once. With a rate they become due by the clock, whether the server keeps up or not, so a server that stalls is
 * charged for every request that had to wait meanwhile.
 *
 * @throws for the first answer that is not the expected one.
 */
export async function runJob(job: Job): Promise<JobResult> {
  const nextRequest = requestsOf(job);
  const failure = Promise.withResolvers<never>();
  const free: Connection[] = [];
  /** When each request that waits for a free connection became due (`performance.now()`). */
  const due: number[] = [];
  let latencies: number[] = [];
  let stopping = false;

  const send = () => {
    while (free.length > 0 && due.length > 0) {
      const connection = free.shift() as Connection;
      connection.dueAt = due.shift() as number;
      connection.send(nextRequest());
    }
  };
  const onAnswer = (connection: Connection) => {
    const now = performance.now();
    latencies.push(now - connection.dueAt);
    free.push(connection);
    if (job.rate === null && !stopping) due.push(now);
    send();
  };

  const status = job.what.kind === 'create' ? 201 : 200;
  const options = { port: job.port, status, onAnswer, onFailure: failure.reject };
  const opening = Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(options)));
  const connections = await Promise.race([opening, failure.promise]);
  free.push(...connections);

  const stopSchedule = job.rate === null ? fillOnce(due, send) : fillByClock(job.rate, due, send);
  await Promise.race([sleep(job.warmup), failure.promise]);
  const before = readClocks(job);
  latencies = [];
  await Promise.race([sleep(job.duration), failure.promise]);
  const after = readClocks(job);
  const measured = latencies;

  stopping = true;
  stopSchedule();
  due.length = 0;
  await Promise.race([drained(free), failure.promise]);
  for (const connection of connections) connection.close();

  measured.sort((a, b) => a - b);
  return {
    answers: measured.length,
    seconds: after.wall - before.wall,
    serverCpu: after.server - before.server,
    generatorCpu: after.generator - before.generator,
    databaseCpu: after.database - before.database,
    latency: { p50: percentile(measured, 50), p99: percentile(measured, 99) },
  };
}

/** A request for every connection; from then on every answer brings the next. */
function fillOnce(due: number[], send: () => void): () => void {
  due.push(...Array.from({ length: CONNECTIONS }, () => performance.now()));
  send();
  return () => {};
}

/**
 * A request is due from the millisecond tick on that finds it so: the tick's own lateness is the generator's fault and
 * not the server's.
 */
function fillByClock(rate: number, due: number[], send: () => void): () => void {
  const start = performance.now();
  let made = 0;
  const ticks = setInterval(() => {
    const now = performance.now();
    for (const wanted = ((now - start) / 1000) * rate; made < wanted; made++) due.push(now);
    send();
  }, 1);
  return () => clearInterval(ticks);
}

async function drained(free: readonly Connection[]): Promise<void> {
  const deadline = performance.now() + DRAIN_TIMEOUT;
  while (free.length < CONNECTIONS) {
    if (performance.now() > deadline) throw new Error('some requests were never answered');
    await sleep(5);
  }
}

/** All in seconds. */
function readClocks({ pid, databasePid }: Job): Record<'wall' | 'server' | 'generator' | 'database', number> {
  const { user, system } = process.cpuUsage();
  return {
    wall: performance.now() / 1000,
    server: cpuSeconds(pid),
    generator: (user + system) / 1e6,
    database: databasePid === undefined ? 0 : familyCpuSeconds(databasePid),
  };
}
