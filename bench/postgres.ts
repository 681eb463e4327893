import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '../src/storage/postgres/migrate.ts';
import type { DriverJob, DriverResult } from './drivers/main.ts';
import { STRATEGIES, type Strategy } from './drivers/strategies.ts';
import { writeFigures } from './figures.ts';
import { CONNECTIONS, CREATE_USER, type Job, type JobResult } from './generator/job.ts';
import { Generator } from './generator-process.ts';
import { describeMachine } from './machine.ts';
import {
  type CreateMeasures,
  type CreateRound,
  type DriverRound,
  formatPostgresReport,
  type PostgresRun,
} from './postgres-report.ts';
import { PostgresServer } from './postgres-server.ts';
import { Progress } from './progress.ts';
import { type Statements, startOnPostgres } from './targets.ts';
import { withWorkFolder } from './work-folder.ts';

/**
 * Measures the service on PostgreSQL: new users in groups against a statement for each, and the ways in which a driver can
 * send them. Writes RESULTS-postgres.md. `--quick` only checks that the bench works: one short round, which is not kept.
 */
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

const ROUNDS = quick ? 1 : 7;
/** How long the load is on before and while it is measured, in milliseconds. */
const TIMING = quick
  ? { coldWarmup: 500, duration: 500, warmup: 300, timesAtRate: 1 }
  : { coldWarmup: 3000, duration: 2000, warmup: 500, timesAtRate: 5 };
const DRIVER_TIMING = quick ? { warmup: 300, duration: 500 } : { warmup: 1000, duration: 2000 };
/** How much longer than its measurement a driver may take, in milliseconds. */
const GRACE = 15_000;

const STRATEGY_NAMES = Object.keys(STRATEGIES) as Strategy[];

const generator = new Generator();
try {
  const report = formatPostgresReport(await PostgresServer.use(measure));
  process.stdout.write(report);
  if (!quick) {
    writeFileSync(join(import.meta.dirname, 'RESULTS-postgres.md'), report);
    writeFigures();
  }
} finally {
  generator.stop();
}

async function measure(server: PostgresServer): Promise<PostgresRun> {
  const date = new Date();
  const machine = await withWorkFolder(async (folder) => describeMachine(folder));
  const version = await server.version();
  const progress = new Progress(1 + ROUNDS * (2 + STRATEGY_NAMES.length));
  progress.step('what rate is half of what the slower comes to');
  const rate = await findRate(server);
  const creates: CreateRound[] = [];
  const drivers: DriverRound[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const tell = (what: string) => progress.step(`round ${round} of ${ROUNDS}: ${what}`);
    creates.push(await measureCreates(server, round, rate, tell));
    drivers.push(await measureDrivers(server, round, tell));
  }
  progress.end();
  return { date, machine, version, rate, timing: TIMING, driverTiming: DRIVER_TIMING, creates, drivers };
}

/** Each comes first in every other round. */
async function measureCreates(
  server: PostgresServer,
  round: number,
  rate: number,
  tell: (what: string) => void,
): Promise<CreateRound> {
  const measured: Partial<CreateRound> = {};
  const order: Statements[] = round % 2 === 0 ? ['grouped', 'single'] : ['single', 'grouped'];
  for (const statements of order) {
    tell(`new users, ${statements}`);
    measured[statements] = await measureCreate(server, statements, rate);
  }
  return measured as CreateRound;
}

/** At full load, and then at a rate. */
function measureCreate(server: PostgresServer, statements: Statements, rate: number): Promise<CreateMeasures> {
  return withService(server, statements, async (run) => {
    const full = await run({ rate: null, warmup: TIMING.coldWarmup, duration: TIMING.duration });
    // At full load one has made three times as many users as the other, and left as much more to write: that would
    // be written while the rate is measured, at which both do the same.
    await server.checkpoint();
    const atRate: JobResult[] = [];
    while (atRate.length < TIMING.timesAtRate) {
      atRate.push(await run({ rate, warmup: TIMING.warmup, duration: TIMING.duration }));
    }
    return { full, atRate };
  });
}

/** Half of what a statement for each request comes to at full load, in requests a second. */
function findRate(server: PostgresServer): Promise<number> {
  return withService(server, 'single', async (run) => {
    const { responses, seconds } = await run({ rate: null, warmup: TIMING.coldWarmup, duration: TIMING.duration });
    return Math.round(responses / seconds / 2 / 100) * 100;
  });
}

type Load = (load: Pick<Job, 'rate' | 'warmup' | 'duration'>) => Promise<JobResult>;

/** Starts the service on a new database for `use`, which may put load on it. */
function withService<T>(server: PostgresServer, statements: Statements, use: (load: Load) => Promise<T>): Promise<T> {
  return server.withDatabase((url) =>
    withWorkFolder(async (folder) => {
      const { server: service, token } = await startOnPostgres(statements, url, folder);
      const { port, pid } = service;
      const job = {
        port,
        pid,
        databasePid: server.pid,
        token,
        what: { kind: 'create', create: CREATE_USER },
        connections: CONNECTIONS,
      } as const;
      try {
        return await use((load) => generator.run({ ...job, ...load }));
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${service.stderr()}`, { cause: error });
      } finally {
        await service.kill();
      }
    }),
  );
}

/** Each round begins with another one, so that none has the same neighbour always. */
async function measureDrivers(
  server: PostgresServer,
  round: number,
  tell: (what: string) => void,
): Promise<DriverRound> {
  const results: Partial<DriverRound> = {};
  for (const [i] of STRATEGY_NAMES.entries()) {
    const strategy = STRATEGY_NAMES[(i + round) % STRATEGY_NAMES.length] as Strategy;
    tell(strategy);
    results[strategy] = await server.withDatabase(async (url) => {
      await migrate(url);
      return measureDriver({ strategy, url, databasePid: server.pid, ...DRIVER_TIMING });
    });
  }
  return results as DriverRound;
}

async function measureDriver(job: DriverJob): Promise<DriverResult> {
  const child = fork(join(import.meta.dirname, 'drivers', 'main.ts'), [JSON.stringify(job)]);
  const signal = AbortSignal.timeout(job.warmup + job.duration + GRACE);
  const exited = once(child, 'exit');
  try {
    const failed = exited.then(([code]) => {
      throw new Error(`${job.strategy}: ended with ${code} before it had a result`);
    });
    const [result] = await Promise.race([once(child, 'message', { signal }), failed]);
    await Promise.allSettled([failed]);
    return result as DriverResult;
  } finally {
    child.kill('SIGKILL');
  }
}
