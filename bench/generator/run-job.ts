import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { Job, JobResult } from './job.ts';
import { cpuSeconds, familyCpuSeconds, residentBytes } from './process-stat.ts';
import { requestsOf } from './requests.ts';

/** How long the last responses may take, in milliseconds. */
const DRAIN_TIMEOUT_MS = 10_000;
/** How many connections are opened at once: no server's queue of new ones overflows. */
const OPENED_AT_ONCE = 64;

/**
 * Sends requests over the job's connections and measures. Without a rate, every response makes the next request due at
 * once. With a rate they become due by the clock, whether the server keeps up or not, so a server that stalls is
 * charged for every request that had to wait meanwhile.
 *
 * @throws for the first response that is not the expected one.
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
  const onResponse = (connection: Connection) => {
    const now = performance.now();
    latencies.push(now - connection.dueAt);
    free.push(connection);
    if (job.rate === null && !stopping) due.push(now);
    send();
  };

  const options = { port: job.port, onResponse, onFailure: failure.reject };
  const connections = await Promise.race([openAll(job.connections, options), failure.promise]);
  free.push(...connections);

  const stopSchedule = job.rate === null ? fillOnce(job.connections, due, send) : fillByClock(job.rate, due, send);
  await Promise.race([sleep(job.warmup), failure.promise]);
  const before = readClocks(job);
  latencies = [];
  await Promise.race([sleep(job.duration), failure.promise]);
  const after = readClocks(job);
  const serverMemory = residentBytes(job.pid);
  const measured = latencies;

  stopping = true;
  stopSchedule();
  due.length = 0;
  await Promise.race([drained(free, job.connections), failure.promise]);
  for (const connection of connections) connection.close();

  measured.sort((a, b) => a - b);
  return {
    responses: measured.length,
    seconds: after.wall - before.wall,
    serverCpu: after.server - before.server,
    generatorCpu: after.generator - before.generator,
    databaseCpu: after.database - before.database,
    serverMemory,
    latency: { p50: percentile(measured, 50), p99: percentile(measured, 99) },
  };
}

async function openAll(count: number, options: ConnectionOptions): Promise<Connection[]> {
  const connections: Connection[] = [];
  while (connections.length < count) {
    const length = Math.min(OPENED_AT_ONCE, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length }, () => Connection.open(options)))));
  }
  return connections;
}

/** A request for every connection; from then on every response brings the next. */
function fillOnce(connections: number, due: number[], send: () => void): () => void {
  due.push(...Array.from({ length: connections }, () => performance.now()));
  send();
  return () => {};
}

/**
 * A request is due from the timer on that finds it so: that the timer is late is not the server's doing.
 */
function fillByClock(rate: number, due: number[], send: () => void): () => void {
  const start = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    for (const wanted = ((now - start) / 1000) * rate; made < wanted; made++) due.push(now);
    send();
  }, 1);
  return () => clearInterval(timer);
}

async function drained(free: readonly Connection[], connections: number): Promise<void> {
  const deadline = performance.now() + DRAIN_TIMEOUT_MS;
  while (free.length < connections) {
    if (performance.now() > deadline) throw new Error('some requests had no response');
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
