import type { Job, JobResult, What } from './generator/job.ts';
import type { Generator } from './generator-process.ts';
import { type Subject, type SubjectName, startProgram, startSubject } from './subjects.ts';
import { withWorkFolder } from './work-folder.ts';

/** Requests a second that every subject can answer, and that this service and the bare server can. */
export const COMMON_RATE = 500;
export const HIGH_RATE = 10_000;

/** How long the load is on before and while it is measured, in milliseconds. */
export interface Timing {
  /** Before a route's first measurement, while Node still compiles its code. The service takes longer than the others. */
  coldWarmup: number;
  /** Before the later ones. */
  warmup: number;
  duration: number;
}

/** What is measured of a subject in one round. */
export interface Measures {
  /** POST /users, as fast as it goes. */
  create: JobResult;
  /** POST /users at {@link COMMON_RATE} and {@link HIGH_RATE}. */
  atCommonRate: JobResult;
  atHighRate?: JobResult;
  /** GET /users/{userId}, as fast as it goes. */
  read?: JobResult;
}

/** Measures a subject that is started for this and has nothing stored. */
export function measureSubject(name: SubjectName, generator: Generator, timing: Timing): Promise<Measures> {
  const cold = coldTiming(timing);
  return withWorkFolder(async (folder) => {
    const subject = await startSubject(name, folder);
    return withServer(subject, async () => {
      const run = (what: What, rate: number | null) => generator.run(jobFor(subject, what, rate, timing));
      const runCold = (what: What) => generator.run(jobFor(subject, what, null, cold));
      const post: What = { kind: 'create', keyed: name === 'keyed' };
      const create = await runCold(post);
      const atCommonRate = await run(post, COMMON_RATE);
      if (name === 'express') return { create, atCommonRate };
      const atHighRate = await run(post, HIGH_RATE);
      if (name === 'keyed') return { create, atCommonRate, atHighRate };
      const read = await runCold({ kind: 'read', users: create.answers });
      return { create, atCommonRate, atHighRate, read };
    });
  });
}

/** The generator against a server that is as cheap as can be. */
export function measureGenerator(generator: Generator, timing: Timing): Promise<JobResult> {
  return withWorkFolder(async (folder) => {
    const subject = await startProgram('canned', folder);
    return withServer(subject, () => generator.run(jobFor(subject, { kind: 'create' }, null, coldTiming(timing))));
  });
}

type JobTiming = Pick<Timing, 'warmup' | 'duration'>;

function coldTiming({ coldWarmup, duration }: Timing): JobTiming {
  return { warmup: coldWarmup, duration };
}

function jobFor({ server, token }: Subject, what: What, rate: number | null, { warmup, duration }: JobTiming): Job {
  return { port: server.port, pid: server.pid, token, what, rate, warmup, duration };
}

async function withServer<T>({ server }: Subject, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${server.stderr()}`, { cause: error });
  } finally {
    await server.kill();
  }
}
