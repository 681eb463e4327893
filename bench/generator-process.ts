import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Job, JobResult, Reply } from './generator/job.ts';

/** How much longer than its measurement a job may take, in milliseconds. */
const GRACE_MS = 15_000;

/** The generator, in a process of its own so that it shares its event loop with nothing. */
export class Generator {
  /** Ends by itself when this process does. */
  readonly #child: ChildProcess = fork(join(import.meta.dirname, 'generator', 'main.ts'));

  /** @throws when a response is not the expected one, or the job takes too long. */
  async run(job: Job): Promise<JobResult> {
    this.#child.send(job);
    const signal = AbortSignal.timeout(job.warmup + job.duration + GRACE_MS);
    const [reply] = (await once(this.#child, 'message', { signal })) as [Reply];
    if ('error' in reply) throw new Error(reply.error);
    return reply.result;
  }

  stop(): void {
    this.#child.disconnect();
  }
}
