import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFigures } from './figures.ts';
import { buildFsyncDelay } from './fsync-delay.ts';
import { CONNECTIONS, CREATE_USER, type JobResult } from './generator/job.ts';
import { Generator } from './generator-process.ts';
import { describeMachine } from './machine.ts';
import { installedPeers, type PeerName } from './peers.ts';
import { writePicture } from './picture.ts';
import { Progress } from './progress.ts';
import { formatReport } from './report/report.ts';
import type { Run } from './report/values.ts';
import { measureRound, type Round, stepsOfRound } from './round.ts';
import type { Timing } from './session.ts';
import { startProgram } from './targets.ts';
import { withWorkFolder } from './work-folder.ts';
import { wrkVersion } from './wrk.ts';

/**
 * Measures the service beside other servers, and writes RESULTS.md and its picture. `--rounds N` measures N rounds instead
 * of five, or fewer if they would take longer than a quarter of an hour. `--quick` only checks that the bench works: one short round, whose numbers mean little and are not kept.
 */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
});
const { quick } = values;
const ROUNDS = quick ? 1 : Number(values.rounds);
if (!(Number.isInteger(ROUNDS) && ROUNDS >= 1)) {
  process.stderr.write('bench: --rounds is a number of rounds\n');
  process.exit(1);
}
/** No round begins that would not end before this, as long as the rounds so far took. */
const TIME_LIMIT_MS = 15 * 60_000;
const TIMING: Timing = quick
  ? { coldWarmup: 500, warmup: 200, duration: 300, wrkDuration: 1000 }
  : { coldWarmup: 2000, warmup: 300, duration: 800, wrkDuration: 1000 };

const [generator, reader] = [new Generator(), new Generator()];
try {
  const report = formatReport(await withWorkFolder(measure));
  process.stdout.write(report);
  if (!quick) {
    writeFileSync(join(import.meta.dirname, 'RESULTS.md'), report);
    writePicture();
    writeFigures();
  }
} finally {
  generator.stop();
  reader.stop();
}

async function measure(folder: string): Promise<Run> {
  const start = performance.now();
  const date = new Date();
  const machine = describeMachine(folder);
  const peers = installedPeers();
  const slowDisk = buildFsyncDelay(folder);
  const wrk = wrkVersion();
  const tools = { generator, reader, timing: TIMING, wrk: wrk !== undefined };
  const progress = new Progress(1 + ROUNDS * stepsOfRound(peers, slowDisk));
  progress.step('the generator’s own limit');
  const generatorLimit = await measureGenerator();

  const rounds: Round[] = [];
  const roundsStart = performance.now();
  do {
    const number = rounds.length + 1;
    const onStep = (what: string) => progress.step(`round ${number} of ${ROUNDS}: ${what}`);
    rounds.push(await measureRound(rotate(peers, rounds.length), slowDisk, tools, onStep));
    const now = performance.now();
    const roundMs = (now - roundsStart) / rounds.length;
    if (now - start + roundMs > TIME_LIMIT_MS) break;
  } while (rounds.length < ROUNDS);
  progress.end();
  return { date, machine, timing: TIMING, peers, wrk, slowDisk: slowDisk !== undefined, generatorLimit, rounds };
}

/** Each round begins with another one, so that none has always the same neighbour. */
function rotate(peers: PeerName[], by: number): PeerName[] {
  const first = by % peers.length;
  return [...peers.slice(first), ...peers.slice(0, first)];
}

/** The generator against a server that is as cheap as can be. */
function measureGenerator(): Promise<JobResult> {
  return withWorkFolder(async (folder) => {
    const { server, token } = await startProgram('canned', folder);
    try {
      const { coldWarmup: warmup, duration } = TIMING;
      const what = { kind: 'create', create: CREATE_USER } as const;
      const job = { port: server.port, pid: server.pid, token, what, connections: CONNECTIONS, rate: null };
      return await generator.run({ ...job, warmup, duration });
    } finally {
      await server.kill();
    }
  });
}
