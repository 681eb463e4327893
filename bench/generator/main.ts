import type { Job, Reply } from './job.ts';
import { runJob } from './run-job.ts';

/**
 * The generator's process: does the jobs that `run.ts` sends, one at a time. autocannon was tried and put aside: with
 * a new address in every request it spends 25 to 38 µs of CPU on one (14 to 17 with a fixed body), where this spends 12 to
 * 19 and a bare `node:http` server about 20. Against that server autocannon is what would be measured.
 */
let serverPid: number | undefined;

process.on('message', async (job: Job) => {
  serverPid = job.pid;
  let reply: Reply;
  try {
    reply = { result: await runJob(job) };
  } catch (error) {
    reply = { error: (error as Error).message };
  }
  serverPid = undefined;
  process.send?.(reply);
});

// The run is over. Killed outright, it could not end the server that is under load.
process.on('disconnect', () => {
  if (serverPid !== undefined) process.kill(serverPid, 'SIGKILL');
  process.exit();
});
