import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFigures } from './figures.ts';
import { Generator } from './generator-process.ts';
import { describeMachine } from './machine.ts';
import { type Measures, measureGenerator, measureSubject, type Timing } from './measure.ts';
import { Progress } from './progress.ts';
import { formatReport, type Run } from './report.ts';
import { measureStartUp } from './start-up.ts';
import { SUBJECTS, type SubjectName } from './subjects.ts';
import { withWorkFolder } from './work-folder.ts';

/**
 * Measures the service against a bare HTTP server and against Express with better-sqlite3, and writes RESULTS.md.
 * `--quick` only checks that the bench works: one short round, whose numbers mean little and are not kept.
 */
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

const ROUNDS = quick ? 1 : 7;
const TIMING: Timing = quick
  ? { coldWarmup: 500, warmup: 500, duration: 1000 }
  : { coldWarmup: 3000, warmup: 500, duration: 2000 };
const STARTS = quick ? 1 : 7;

const generator = new Generator();
try {
  const report = formatReport(await run());
  process.stdout.write(report);
  if (!quick) {
    writeFileSync(join(import.meta.dirname, 'RESULTS.md'), report);
    writeFigures();
  }
} finally {
  generator.stop();
}

async function run(): Promise<Run> {
  const progress = new Progress(1 + STARTS + ROUNDS * SUBJECTS.length);
  const date = new Date();
  const machine = await withWorkFolder(async (folder) => describeMachine(folder));

  progress.step('the generator’s own limit');
  const generatorLimit = await measureGenerator(generator, TIMING);

  const startUps: number[] = [];
  for (let start = 1; start <= STARTS; start++) {
    progress.step(`start ${start} of ${STARTS}`);
    startUps.push(await withWorkFolder(measureStartUp));
  }

  const rounds: Record<SubjectName, Measures>[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const measures: Partial<Record<SubjectName, Measures>> = {};
    for (const subject of SUBJECTS) {
      progress.step(`round ${round} of ${ROUNDS}: ${subject}`);
      measures[subject] = await measureSubject(subject, generator, TIMING);
    }
    rounds.push(measures as Record<SubjectName, Measures>);
  }
  progress.end();
  return { date, machine, timing: TIMING, generatorLimit, startUps, rounds };
}
