import { setTimeout as sleep } from 'node:timers/promises';
import { EmailTaken, type NewUser } from '../../src/domain/users.ts';
import { CONNECTIONS } from '../generator/job.ts';
import { cpuSeconds, familyCpuSeconds } from '../generator/process-stat.ts';
import { STRATEGIES, type Strategy } from './strategies.ts';

/** What this program is asked to do. */
export interface DriverJob {
  strategy: Strategy;
  url: string;
  /** The first process of the database server. */
  databasePid: number;
  /** In milliseconds. */
  warmup: number;
  duration: number;
}

/** What it saw in the time that is measured; times are in seconds. */
export interface DriverResult {
  inserts: number;
  seconds: number;
  clientCpu: number;
  databaseCpu: number;
}

/** As many at a time as the load generator has requests in flight. */
const IN_FLIGHT = CONNECTIONS;

/**
 * Inserts users with one strategy and does nothing else, in a process of its own, so that its CPU time is that of the driver. Run with
 * a job as JSON; it sends the result to the process that forked it.
 */
const job = JSON.parse(process.argv[2] as string) as DriverJob;
const insert = await STRATEGIES[job.strategy](job.url);
let count = 0;
let inserted = 0;

for (let i = 0; i < IN_FLIGHT; i++) insertForever();
await sleep(job.warmup);
const before = read();
await sleep(job.duration);
const after = read();
const result: DriverResult = {
  inserts: after.inserted - before.inserted,
  seconds: after.wall - before.wall,
  clientCpu: after.client - before.client,
  databaseCpu: after.database - before.database,
};
process.send?.(result, () => process.exit());

async function insertForever(): Promise<never> {
  for (;;) {
    if ((await insert(nextUser())) === EmailTaken) throw new Error('a new address is taken');
    inserted++;
  }
}

/** Addresses in no order, as people's are: in order, their index would be cheaper to keep than it is in life. */
function nextUser(): NewUser {
  const contactEmail = `load${String((++count * 618_033_989) % 1_000_000_000).padStart(9, '0')}@example.com`;
  return { firstName: 'John', lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
}

function read(): Record<'inserted' | 'wall' | 'client' | 'database', number> {
  return {
    inserted,
    wall: performance.now() / 1000,
    client: cpuSeconds(process.pid),
    database: familyCpuSeconds(job.databasePid),
  };
}
